"""The models are ordinary Keras models: fit, predict, dtype policies, freezing, graphs, XLA."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForSequenceClassification, RemBertModel
from tests.golden import model_directory

RANDOM = np.random.default_rng(0)
X = {
    "input_ids": RANDOM.integers(1, 50, (16, 6)),
    "attention_mask": np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]] * 8),
    "token_type_ids": np.array([[0, 0, 0, 1, 1, 1]] * 16),
}
Y = X["input_ids"][:, 1] % 3


@pytest.fixture
def classifier(small_config):
    keras.utils.set_random_seed(7)
    return RemBertForSequenceClassification(small_config.replace(num_hidden_layers=1))


@pytest.fixture(scope="module")
def encoder(small_config):
    keras.utils.set_random_seed(8)
    return RemBertModel(small_config)


def test_fit_learns(classifier):
    """With the compilation that Keras chooses by itself."""
    classifier.compile(optimizer=keras.optimizers.Adam(0.02), metrics=["accuracy"])
    history = classifier.fit(X, Y, batch_size=16, epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.2 < history["loss"][0]
    assert history["accuracy"][-1] == 1.0
    predicted = classifier.predict(X, batch_size=5, verbose=0)
    np.testing.assert_array_equal(predicted.argmax(axis=1), Y)
    np.testing.assert_allclose(predicted, classifier(X), atol=1e-5)


def test_fit_from_tf_data_equals_fit_from_arrays(classifier):
    other = RemBertForSequenceClassification(classifier.config)
    other.set_weights(classifier.get_weights())
    weight = np.linspace(0, 2, len(Y)).astype("float32")
    losses = []
    for model, data in (
        (classifier, (X, Y, weight)),
        (other, (tf.data.Dataset.from_tensor_slices((X, Y, weight)).batch(8), None, None)),
    ):
        model.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=False)
        x, y, sample_weight = data
        batch_size = None if y is None else 8
        fitted = model.fit(x, y, batch_size, epochs=2, sample_weight=sample_weight, shuffle=False, verbose=0)
        losses.append(fitted.history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


def test_the_padding_row_starts_at_zero_and_is_never_trained(classifier):
    table = classifier.rembert.embeddings.word_embeddings.embeddings
    assert not np.any(table[0])
    kept = table.numpy()
    classifier.compile(optimizer=keras.optimizers.Adam(0.1), jit_compile=False)
    padded = {"input_ids": np.where(X["attention_mask"] == 1, X["input_ids"], 0)}  # padding in plain sight
    classifier.fit(padded, Y, batch_size=16, verbose=0)
    assert not np.any(table[0])
    assert np.any(table.numpy() != kept)


def test_frozen_encoder(classifier):
    classifier.rembert.trainable = False
    assert [weight.path.split("/")[-2:] for weight in classifier.trainable_weights] == [
        ["classifier", "kernel"],
        ["classifier", "bias"],
    ]
    before = {weight.path: weight.numpy() for weight in classifier.weights}
    classifier.compile(optimizer="sgd", jit_compile=False)
    classifier.fit(X, Y, verbose=0)
    changed = {weight.path for weight in classifier.weights if np.any(weight.numpy() != before[weight.path])}
    assert changed == {weight.path for weight in classifier.trainable_weights}


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16", "float64"])
def test_dtype_policies(classifier, policy):
    """Coarser arithmetic gives nearly the same scores; these are float32 at least, and finite."""
    other = RemBertForSequenceClassification(classifier.config, dtype=policy)
    for weight, source in zip(other.weights, classifier.weights, strict=True):
        weight.assign(source)
    states = other.rembert(X)["last_hidden_state"]
    assert keras.backend.standardize_dtype(states.dtype) == policy.removeprefix("mixed_")
    ours, exact = other(X), classifier(X).numpy()
    assert ours.dtype == ("float64" if policy == "float64" else "float32")
    assert np.all(np.isfinite(ours))
    np.testing.assert_allclose(ours, exact, atol=1e-5 if policy == "float64" else 0.1)
    cosine = np.sum(ours * exact) / np.linalg.norm(ours) / np.linalg.norm(exact)
    assert cosine > (1 - 1e-8 if policy == "float64" else 0.999)


def test_training_in_mixed_bfloat16(classifier):
    model = RemBertForSequenceClassification(classifier.config, dtype="mixed_bfloat16")
    model.compile(optimizer=keras.optimizers.Adam(0.02), jit_compile=False)
    losses = model.fit(X, Y, batch_size=16, epochs=12, verbose=0).history["loss"]
    assert np.all(np.isfinite(losses))
    assert losses[-1] < losses[0] / 2
    assert {weight.dtype for weight in model.trainable_weights} == {"float32"}


def test_one_graph_serves_every_shape(encoder):
    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None], tf.int32)])
    def call(input_ids, attention_mask):
        return encoder({"input_ids": input_ids, "attention_mask": attention_mask}, output_attentions=True)

    for shape in [(1, 1), (2, 5), (5, 2), (3, 16), (0, 4)]:
        ids, mask = RANDOM.integers(0, 50, shape), RANDOM.integers(0, 2, shape)
        expected = encoder({"input_ids": ids, "attention_mask": mask}, output_attentions=True)
        outputs = call(tf.constant(ids, tf.int32), tf.constant(mask, tf.int32))
        for name in ("last_hidden_state", "pooler_output"):
            np.testing.assert_allclose(outputs[name], expected[name], atol=1e-5)
        np.testing.assert_allclose(outputs["attentions"][1], expected["attentions"][1], atol=1e-5)


def test_xla_gives_the_same_numbers(encoder):
    compiled = tf.function(lambda inputs: encoder(inputs)["pooler_output"], jit_compile=True, autograph=False)
    inputs = {name: tf.constant(value) for name, value in X.items()}
    np.testing.assert_allclose(compiled(inputs), encoder(X)["pooler_output"], atol=1e-5)


def test_dropout_in_a_graph_is_random_and_seeded(small_config):
    config = small_config.replace(
        num_hidden_layers=1, hidden_dropout_prob=0.2, attention_probs_dropout_prob=0.3, classifier_dropout_prob=0.4
    )

    def two_calls(seed):
        keras.utils.set_random_seed(seed)
        model = RemBertForSequenceClassification(config)
        call = tf.function(lambda training: model(X, training=training), autograph=False)
        assert np.array_equal(model(X), model(X)), "dropout outside training"
        return call(True).numpy(), call(True).numpy()

    first, second = two_calls(1)
    assert np.max(np.abs(first - second)) > 1e-3
    again_first, again_second = two_calls(1)
    np.testing.assert_allclose([first, second], [again_first, again_second], atol=1e-6)
    assert np.max(np.abs(two_calls(2)[0] - first)) > 1e-3


def test_dropout_of_attention_shows_in_what_is_returned(small_config):
    model = RemBertModel(small_config.replace(attention_probs_dropout_prob=0.5))
    attention = model({"input_ids": X["input_ids"]}, training=True, output_attentions=True)["attentions"][0]
    assert 0.3 < np.mean(attention.numpy() == 0) < 0.7


def test_a_layer_of_a_functional_model(encoder):
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in X}
    pooled = encoder(inputs)["pooler_output"]
    assert pooled.shape == (None, 12)
    model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="ones")(pooled))
    expected = encoder(X)["pooler_output"].numpy().sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, atol=1e-5)


def test_new_weights_follow_the_configuration(small_config):
    """Tables and kernels: a normal of the given spread, cut off at two; LayerNorm 1 and 0; biases 0."""
    keras.utils.set_random_seed(3)
    model = RemBertModel(small_config.replace(vocab_size=4000, initializer_range=0.05))
    for weight in model.weights:
        name, values = weight.path.split("/")[-1], weight.numpy()
        if name == "gamma":
            np.testing.assert_array_equal(values, 1)
        elif name in ("beta", "bias"):
            np.testing.assert_array_equal(values, 0)
        else:
            assert 0.05 < np.abs(values).max() <= 0.1 + 1e-6
    table = model.embeddings.word_embeddings.embeddings.numpy()[1:]
    assert abs(table.mean()) < 1e-3
    # The standard deviation of a normal cut off at two standard deviations is 0.8796 of the uncut one's.
    assert abs(table.std() / 0.05 - 0.8796) < 0.01


def parameters(config, pooler, outputs):
    """The number of parameters, from the shapes in the paper."""
    hidden, embedding, inner = config.hidden_size, config.input_embedding_size, config.intermediate_size
    tables = (config.vocab_size + config.max_position_embeddings + config.type_vocab_size) * embedding
    block = 4 * (hidden * hidden + hidden) + 2 * hidden * inner + inner + hidden + 4 * hidden
    return (
        tables
        + 2 * embedding
        + embedding * hidden
        + hidden
        + config.num_hidden_layers * block
        + pooler * (hidden * hidden + hidden)
        + outputs * (hidden + 1)
    )


@pytest.mark.parametrize(
    "changes",
    [{}, {"num_hidden_layers": 1, "hidden_size": 30}, {"vocab_size": 7, "num_labels": 1, "type_vocab_size": 5}],
)
def test_number_of_parameters(small_config, changes):
    config = small_config.replace(**changes)
    assert RemBertModel(config).count_params() == parameters(config, pooler=1, outputs=0)
    assert RemBertModel(config, add_pooling_layer=False).count_params() == parameters(config, pooler=0, outputs=0)
    counted = RemBertForSequenceClassification(config).count_params()
    assert counted == parameters(config, pooler=1, outputs=config.num_labels)


def test_number_of_parameters_of_the_released_model():
    from rembert_tf import RemBertConfig

    assert parameters(RemBertConfig(), pooler=1, outputs=0) == 575_920_384


JAX_SCRIPT = """
import sys
import numpy as np
from rembert_tf import RemBertForSequenceClassification
case, directory = np.load(sys.argv[1]), sys.argv[2]
inputs = {name: case[f"full/in/{name}"] for name in ("input_ids", "attention_mask", "token_type_ids")}
model = RemBertForSequenceClassification.from_pretrained(directory)
logits = model(inputs)
print(np.max(np.abs(np.asarray(logits) - case["full/out/logits"])))
print(abs(model.task_loss(case["loss/in/labels"], logits) - case["loss/out/loss"]))
assert "tensorflow" not in sys.modules
"""


@pytest.mark.interop
def test_the_jax_backend_without_tensorflow():
    pytest.importorskip("jax")
    directory = model_directory("seqcls_single")
    golden = directory.replace("models", "golden") + ".npz"
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", JAX_SCRIPT, golden, directory], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    differences = [float(line) for line in done.stdout.split()]
    assert len(differences) == 2
    assert max(differences) < 2e-5
