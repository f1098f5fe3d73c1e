"""The loss over a large vocabulary: a stretch of it at a time, and never all logits."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForCausalLM, RemBertForMaskedLM
from rembert_tf.errors import InputError
from rembert_tf.models import vocabulary_loss
from tests.golden import LOGITS, LOSS, assert_close, cases, model_directory

MASKED = next(case for case in cases("RemBertForMaskedLM", "loss") if case.name == "loss")
CAUSAL = next(case for case in cases("RemBertForCausalLM", "loss") if case.model == "causal_lm")
RANDOM = np.random.default_rng(4)


def load(model_class, case, learning_rate=1.0, **compiled):
    model = model_class.from_pretrained(model_directory(case.model))
    model.compile(optimizer=keras.optimizers.SGD(learning_rate), jit_compile=False, **compiled)
    return model


def as_positions(labels, slots):
    """Returns (masked_positions, labels) of the labels that are not -100, in (batch, slots)."""
    positions, kept = np.zeros((len(labels), slots), int), np.full((len(labels), slots), -100)
    for row, values in enumerate(labels):
        found = np.flatnonzero(values != -100)
        positions[row, : len(found)], kept[row, : len(found)] = found, values[found]
    return positions, kept


def test_masked_positions_give_the_logits_of_these_positions():
    model = load(RemBertForMaskedLM, MASKED)
    full = next(case for case in cases("RemBertForMaskedLM", "logits") if case.name == "full")
    positions = RANDOM.integers(0, full.inputs["input_ids"].shape[1], (len(full.inputs["input_ids"]), 5))
    ours = model({**full.inputs, "masked_positions": positions})
    expected = np.take_along_axis(full.expected["logits"], positions[:, :, None], axis=1)
    assert_close(f"{full} logits", ours, expected, LOGITS)


@pytest.mark.parametrize(
    "stretch",
    ["one", "several", pytest.param("as many as can be", marks=pytest.mark.slow)],  # graphs of 64 stretches
)
@pytest.mark.parametrize("jit_compile", [False, True])
def test_training_at_masked_positions_is_training_with_full_labels(monkeypatch, stretch, jit_compile):
    """The same loss as the reference's, and the same step, however many stretches of the vocabulary it takes."""
    monkeypatch.setattr(vocabulary_loss, "STRETCH_ENTRIES", {"one": 10**9, "several": 20000}.get(stretch, 1))
    positions, labels = as_positions(MASKED.labels, 7)
    assert (labels == -100).any()
    whole, gathered = load(RemBertForMaskedLM, MASKED), load(RemBertForMaskedLM, MASKED)
    gathered.compile(optimizer=keras.optimizers.SGD(1.0), jit_compile=jit_compile)
    inputs = {**MASKED.inputs, "masked_positions": positions}
    loss = gathered.evaluate(inputs, labels, batch_size=len(labels), verbose=0)
    assert_close(f"{MASKED} loss", loss, MASKED.expected["loss"], LOSS)
    assert_close(f"{MASKED} loss", gathered.train_on_batch(inputs, labels), MASKED.expected["loss"], LOSS)
    assert_close(f"{MASKED} loss", whole.train_on_batch(MASKED.inputs, MASKED.labels), MASKED.expected["loss"], LOSS)
    for ours, theirs in zip(gathered.weights, whole.weights, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=2e-6, err_msg=ours.path)


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize(("model_class", "case"), [(RemBertForMaskedLM, MASKED), (RemBertForCausalLM, CAUSAL)])
def test_a_step_without_a_graph_is_the_same_step(model_class, case, parts):
    models = [load(model_class, case, run_eagerly=eagerly) for eagerly in (True, False)]
    for model in models:
        model.micro_batches = parts
        model.train_on_batch(case.inputs, case.labels)
    for ours, theirs in zip(models[0].weights, models[1].weights, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=2e-6, err_msg=ours.path)


def test_the_loss_where_all_functions_run_eagerly():
    tf.config.run_functions_eagerly(True)
    try:
        loss = load(RemBertForMaskedLM, MASKED).train_on_batch(MASKED.inputs, MASKED.labels)
    finally:
        tf.config.run_functions_eagerly(False)
    assert_close(f"{MASKED} loss", loss, MASKED.expected["loss"], LOSS)


def test_parts_of_a_batch_are_refused_where_they_cannot_be_computed(monkeypatch):
    model = load(RemBertForMaskedLM, MASKED, run_eagerly=True)
    model.micro_batches = 2
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="micro_batches above 1 needs the TensorFlow backend, and Keras runs on jax"):
        model.train_step((MASKED.inputs, MASKED.labels))


def largest_tensor(function):
    """Returns the most entries that any tensor of a graph has, inside its loops too."""
    graph = function.graph
    names = {definition.signature.name for definition in graph.as_graph_def().library.function}
    graphs = [graph, *[graph._get_function(name).graph for name in names]]
    shapes = [output.shape for each in graphs for operation in each.get_operations() for output in operation.outputs]
    return max(shape.num_elements() or 0 for shape in shapes if shape.rank is not None)


def test_all_logits_are_never_formed(monkeypatch, small_config):
    """Neither (batch, length, vocab_size) nor (batch, masks, vocab_size), by the shapes in the traced step."""
    batch, length, masks, vocab_size = 4, 16, 8, 3000
    monkeypatch.setattr(vocabulary_loss, "STRETCH_ENTRIES", 4 * vocab_size)
    model = RemBertForMaskedLM(small_config.replace(vocab_size=vocab_size))
    model.compile(optimizer="sgd", jit_compile=False)
    inputs = {
        "input_ids": tf.ones((batch, length), tf.int32),
        "masked_positions": tf.zeros((batch, masks), tf.int32),
    }
    labels = tf.ones((batch, masks), tf.int32)
    trained = tf.function(lambda: model.train_step((inputs, labels)), autograph=False).get_concrete_function()
    tables = vocab_size * max(small_config.output_embedding_size, small_config.input_embedding_size)
    assert batch * masks * vocab_size > 2 * tables
    assert largest_tensor(trained) <= tables
    evaluated = tf.function(lambda: model.test_step((inputs, labels)), autograph=False).get_concrete_function()
    assert largest_tensor(evaluated) <= tables
    scored = tf.function(lambda: model(inputs), autograph=False).get_concrete_function()
    assert largest_tensor(scored) == batch * masks * vocab_size  # here they are asked for


def test_sample_weight_of_rows_and_of_positions():
    model = load(RemBertForMaskedLM, MASKED)
    logits = model(MASKED.inputs).numpy().astype("float64")
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    kept = MASKED.labels != -100
    losses = -np.take_along_axis(log_probabilities, np.where(kept, MASKED.labels, 0)[:, :, None], axis=2)[:, :, 0]
    for shape in [(len(kept), 1), kept.shape]:
        weight = RANDOM.uniform(0, 2, shape).astype("float32")
        expected = np.sum(losses * weight * kept) / kept.sum()
        given = weight[:, 0] if shape[1] == 1 else weight
        ours = model.evaluate(
            MASKED.inputs, MASKED.labels, sample_weight=given, batch_size=len(kept), verbose=0, return_dict=True
        )
        assert_close(f"{MASKED} weighted loss", ours["loss"], expected, LOSS)
        unchunked = model.task_loss(MASKED.labels, model(MASKED.inputs), sample_weight=given)
        assert_close(f"{MASKED} weighted loss", unchunked, expected, LOSS)


def test_weights_of_positions_move_with_the_labels_of_a_causal_model():
    model = load(RemBertForCausalLM, CAUSAL)
    weight = np.zeros(CAUSAL.labels.shape, "float32")
    weight[:, 5] = 1.0  # only what is said about position 5, by the logits of position 4, counts
    loss = model.evaluate(CAUSAL.inputs, CAUSAL.labels, sample_weight=weight, batch_size=len(weight), verbose=0)
    logits = CAUSAL.expected["logits"][:, 4].astype("float64")
    kept = CAUSAL.labels[:, 5] != -100
    labels = np.where(kept, CAUSAL.labels[:, 5], 0)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    total = -np.sum(kept * log_probabilities[np.arange(len(labels)), labels])
    assert_close(f"{CAUSAL} weighted loss", loss, total / np.sum(CAUSAL.labels[:, 1:] != -100), LOSS)


def test_with_metrics_or_another_loss_the_model_gives_logits():
    for compiled in (
        {"metrics": [keras.metrics.SparseCategoricalAccuracy()]},
        {"loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-100)},
    ):
        model = load(RemBertForMaskedLM, MASKED, **compiled)
        result = model.evaluate(MASKED.inputs, MASKED.labels, batch_size=4, return_dict=True, verbose=0)
        assert np.isfinite(result["loss"])
        if "metrics" in compiled:
            right = model(MASKED.inputs).numpy().argmax(axis=-1) == MASKED.labels
            assert result["sparse_categorical_accuracy"] == pytest.approx(right.mean())
            assert_close(f"{MASKED} loss", result["loss"], MASKED.expected["loss"], LOSS)
    predicted = load(RemBertForMaskedLM, MASKED).predict(MASKED.inputs, verbose=0)
    assert predicted.shape == (*MASKED.labels.shape, 1000)


REPLICAS_SCRIPT = """
import sys
import keras, numpy as np, tensorflow as tf
from rembert_tf import RemBertForMaskedLM

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
ids = np.random.default_rng(0).integers(1, 1000, (4, 6))
labels = np.where(np.arange(6) % 3 == 1, ids, -100)
losses, weights = [], []
for strategy in (tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), tf.distribute.get_strategy()):
    with strategy.scope():
        model = RemBertForMaskedLM.from_pretrained(sys.argv[1])
        model.compile(optimizer=keras.optimizers.SGD(0.5), jit_compile=False)
    losses.append(model.fit({"input_ids": ids}, labels, batch_size=4, epochs=3, verbose=0).history["loss"])
    weights.append(model.get_weights())
print(np.max(np.abs(np.subtract(*losses))))
print(max(np.max(np.abs(ours - theirs)) for ours, theirs in zip(*weights)))
"""


@pytest.mark.slow
def test_two_replicas_train_like_one_device():
    """The batch is halved between them; the loss and the step are those of the whole batch."""
    script = [sys.executable, "-c", REPLICAS_SCRIPT, model_directory("masked_lm")]
    done = subprocess.run(script, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loss, weight = map(float, done.stdout.split())
    assert loss < 1e-5
    assert weight < 1e-5


REFUSED = {
    "too few": (np.ones((2, 3), int), "label for every scored position.*(batch, 4)"),
    "one a row": (np.ones(2, int), "label for every scored position"),
    "a piece too large": (np.full((2, 4), 1000), "y holds 1000, but must be 0 to 999, or -100"),
    "a negative one": (np.full((2, 4), -1), "y holds -1"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_labels_that_do_not_fit(what):
    labels, said = REFUSED[what]
    model = load(RemBertForMaskedLM, MASKED)
    with pytest.raises(InputError, match=said.replace("(", r"\(").replace(")", r"\)")):
        model.evaluate({"input_ids": np.ones((2, 4), int)}, labels, verbose=0)


def test_positions_that_do_not_fit():
    model = load(RemBertForMaskedLM, MASKED)
    with pytest.raises(InputError, match="masked_positions holds 4, but must be from 0 to 3"):
        model({"input_ids": np.ones((2, 4), int), "masked_positions": [[0, 4], [1, 1]]})
    with pytest.raises(InputError, match=r"masked_positions has shape \(1, 2\).*\(2, any\)"):
        model({"input_ids": np.ones((2, 4), int), "masked_positions": [[0, 1]]})
