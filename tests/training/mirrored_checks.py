"""Two virtual devices train as one does.

A pytest file for a process of its own, since devices are divided before TensorFlow begins: `test_distribution.py`
runs it. Its name keeps it out of the ordinary collection.
"""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import (
    RemBertForMaskedLM,
    RemBertForMultipleChoice,
    RemBertForQuestionAnswering,
    RemBertForSequenceClassification,
    RemBertForTokenClassification,
)
from rembert_tf.errors import InputError
from rembert_tf.layers.dropout import Dropout
from rembert_tf.tasks.batches import Batches
from rembert_tf.training.distribution import Place, training_scope
from rembert_tf.training.finetune import FinetuneSettings, finetune
from rembert_tf.training.run_folder import RunFolder

DEVICES = 2
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * DEVICES
)

ROWS, LENGTH, LABELS = 21, 9, 3
# 5 batches of 5, 5, 5, 5 and 1 rows: neither number divides by the devices, and the last batch leaves one idle.
SETTINGS = FinetuneSettings(epochs=2, batch_size=5, learning_rate=2e-3, max_length=LENGTH, save_every=2)


def random_ids(width=LENGTH):
    return np.random.default_rng(0).integers(1, 50, (ROWS, width)).astype("int32")


def some_ignored(width, high, share):
    """Returns labels of which a share is ignored, another in each row."""
    random = np.random.default_rng(1)
    labels = random.integers(0, high, (ROWS, width))
    return np.where(random.random((ROWS, width)) < share * random.random((ROWS, 1)) * 2, -100, labels).astype("int32")


def inputs_of(ids):
    lengths = np.random.default_rng(2).integers(2, LENGTH + 1, ROWS)
    return {"input_ids": ids, "attention_mask": (np.arange(LENGTH) < lengths[:, None]).astype("int32")}


def masked_inputs():
    positions = np.sort(np.random.default_rng(3).integers(0, LENGTH, (ROWS, 4)), axis=1).astype("int32")
    return {**inputs_of(random_ids()), "masked_positions": positions}


def choices():
    ids = random_ids(2 * LENGTH).reshape(ROWS, 2, LENGTH)
    return {"input_ids": ids}


def one_label(high):
    return np.random.default_rng(4).integers(0, high, ROWS).astype("int32")


SOME_STARTS = some_ignored(1, LENGTH, 0.5)[:, 0]
# name -> (class, fields of the configuration, inputs, labels)
TASKS = {
    "classes": (RemBertForSequenceClassification, {}, inputs_of(random_ids()), one_label(LABELS)),
    "numbers": (
        RemBertForSequenceClassification,
        {"num_labels": 1},
        inputs_of(random_ids()),
        np.random.default_rng(5).normal(size=ROWS).astype("float32"),
    ),
    "tags": (RemBertForTokenClassification, {}, inputs_of(random_ids()), some_ignored(LENGTH, LABELS, 0.7)),
    "answers": (
        RemBertForQuestionAnswering,
        {"num_labels": 2},
        inputs_of(random_ids()),
        # Both ends of an answer are known, or neither.
        {"start_positions": SOME_STARTS, "end_positions": np.where(SOME_STARTS < 0, -100, one_label(LENGTH))},
    ),
    "masked": (RemBertForMaskedLM, {}, masked_inputs(), some_ignored(4, 50, 0.5)),
    "choices": (RemBertForMultipleChoice, {}, choices(), one_label(2)),
}
VARIANTS = {
    "parts": {"accumulate_steps": 2},
    "averages": {"average_momentum": 0.5},
    "rates": {"layer_decay": 0.7, "freeze": ("embeddings",)},
    "adapters": {"lora_rank": 2},
    "smoothed": {"label_smoothing": 0.1},
    "static": {"static_shapes": True},
}


def batches_of(inputs, labels, settings):
    def features(rows, width):
        return tf.nest.map_structure(lambda array: tf.gather(array, rows), (inputs, labels))

    batches = Batches(np.full(ROWS, LENGTH), features, settings.batch_size)
    if settings.static_shapes is True:
        batches.make_static(LENGTH)
    return batches


class NoTokenizer:
    def save_pretrained(self, path):
        pass


class Killed(Exception):
    """Stands for the moment a process is killed."""


def train(config, output, task="classes", strategy="auto", resume=False, kill_at=None, **settings):
    """Returns the weights at the end with their paths, and what was logged."""
    settings = dataclasses.replace(SETTINGS, strategy=strategy, **settings)
    kind, fields, inputs, labels = TASKS[task]
    keras.utils.set_random_seed(1)
    with training_scope(settings) as place:
        run = RunFolder(output, resume)
        run.write_settings(dataclasses.asdict(settings))
        with place.model_scope():
            model = kind(config.replace(**fields), dtype=settings.mixed_precision)

        def evaluate():
            outputs = model(inputs)
            outputs = outputs["start_logits"] if isinstance(outputs, dict) else outputs
            return {"mean": float(keras.ops.mean(outputs))}

        def report(step, total, note):
            if step == kill_at and note.startswith("loss"):
                raise Killed

        finetune(model, NoTokenizer(), batches_of(inputs, labels, settings), settings, run, evaluate, report)
        assert place.replicas == (DEVICES if strategy == "mirrored" else 1)
    return [(variable.path, variable.numpy()) for variable in model.weights], run.history


def assert_equal(ours, theirs, atol=1e-6):
    # Softmax does not see what is added to all its entries: their gradients are rounding, divided by as little.
    unseen = ("key/bias",)
    if any("qa_outputs" in path for path, _ in ours[0]):  # whose softmax is over positions
        unseen += ("qa_outputs/bias", "feed_forward/layer_norm/beta")
    for (path, our), (_, their) in zip(ours[0], theirs[0], strict=True):
        limit = 10 * atol if path.endswith(unseen) else atol
        np.testing.assert_allclose(our, their, rtol=0, atol=limit, err_msg=path)
    for our, their in zip(ours[1], theirs[1], strict=True):
        assert our.keys() == their.keys()
        np.testing.assert_allclose(list(our.values()), list(their.values()), atol=10 * atol)


@pytest.fixture(scope="module")
def config(small_config):
    return small_config.replace(num_hidden_layers=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


@pytest.fixture(scope="module")
def one_device(config, tmp_path_factory):
    """The classifier's training on one device."""
    return train(config, tmp_path_factory.mktemp("one"))


@pytest.mark.parametrize("task", TASKS)
def test_tasks(task, config, tmp_path):
    one = train(config, tmp_path / "one", task)
    assert_equal(train(config, tmp_path / "two", task, "mirrored"), one)


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants(variant, config, tmp_path):
    one = train(config, tmp_path / "one", **VARIANTS[variant])
    assert_equal(train(config, tmp_path / "two", strategy="mirrored", **VARIANTS[variant]), one)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy, config, tmp_path):
    one = train(config, tmp_path / "one", mixed_precision=policy)
    assert_equal(train(config, tmp_path / "two", strategy="mirrored", mixed_precision=policy), one, atol=1e-2)


@pytest.mark.parametrize(("before", "after"), [("auto", "mirrored"), ("mirrored", "auto"), ("mirrored", "mirrored")])
def test_a_run_goes_on_with_another_strategy(before, after, config, one_device, tmp_path):
    with pytest.raises(Killed):
        train(config, tmp_path, strategy=before, kill_at=7)
    assert_equal(train(config, tmp_path, strategy=after, resume=True), one_device)


def test_evaluate(config):
    """`fit` and `evaluate` of a model that was made in a strategy's scope, without `finetune`."""
    found = {}
    for strategy in ("auto", "mirrored"):
        keras.utils.set_random_seed(1)
        kind, _, inputs, labels = TASKS["tags"]
        with training_scope(dataclasses.replace(SETTINGS, strategy=strategy)) as place, place.model_scope():
            model = kind(config)
            model.compile(optimizer=keras.optimizers.SGD(0.1))
        losses = model.fit(inputs, labels, batch_size=6, epochs=2, shuffle=False, verbose=0).history["loss"]
        found[strategy] = [*losses, model.evaluate(inputs, labels, batch_size=6, verbose=0)]
    np.testing.assert_allclose(found["mirrored"], found["auto"], rtol=1e-5)


def test_too_few_rows(config, tmp_path):
    with pytest.raises(InputError, match="batch_size is 1, too few rows for 2 replicas: it must be at least 2"):
        train(config, tmp_path, strategy="mirrored", batch_size=1)
    with pytest.raises(InputError, match="too few rows for 2 replicas, each in 3 parts: it must be at least 6"):
        train(config, tmp_path, strategy="mirrored", accumulate_steps=3)


def test_replicas_drop_different_entries():
    dropout = Dropout(0.5)
    with training_scope(dataclasses.replace(SETTINGS, strategy="mirrored")) as place:
        found = place.strategy.run(lambda: dropout(tf.ones((8, 8)), training=True))
        first, second = place.strategy.experimental_local_results(found)
    assert np.any(first.numpy() != second.numpy())


def test_steps_that_return_together(config, one_device, tmp_path, monkeypatch):
    """What a TPU does, on a processor: several steps at a time, with the same logs and states."""
    monkeypatch.setattr(Place, "is_tpu", True)
    with pytest.raises(Killed):
        train(config, tmp_path, kill_at=4, save_every=4, max_steps=8)
    weights, rows = train(config, tmp_path, resume=True, save_every=4, max_steps=8)
    monkeypatch.undo()
    assert_equal((weights, rows), train(config, tmp_path / "one", max_steps=8))
