"""`fit`, `evaluate` and `predict` on arrays: through a dataset of ours, with Keras' results."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertConfig, RemBertForSequenceClassification
from rembert_tf.datasets import array_batches, untuned

ROWS, LENGTH = 11, 6
CONFIG = RemBertConfig(
    vocab_size=100,
    input_embedding_size=8,
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=32,
    classifier_dropout_prob=0.0,
)


@pytest.fixture(scope="module")
def arrays():
    random = np.random.default_rng(0)
    ids = random.integers(5, 90, (ROWS, LENGTH)).astype("int32")
    return {"input_ids": ids}, random.integers(0, 2, ROWS), random.uniform(0.5, 2.0, ROWS)


def new_model():
    keras.utils.set_random_seed(1)
    model = RemBertForSequenceClassification(CONFIG)
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    return model


def test_predict_keeps_rows_in_order(arrays):
    model, (x, _, _) = new_model(), arrays
    whole = keras.ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(model.predict(x, batch_size=4, verbose=0), whole, atol=1e-6)
    np.testing.assert_allclose(model.predict(x, verbose=0), whole, atol=1e-6)
    assert model.predict(x, batch_size=4, steps=2, verbose=0).shape[0] == 8


def test_evaluate_is_the_mean_over_rows(arrays):
    model, (x, y, weights) = new_model(), arrays
    logits = keras.ops.convert_to_numpy(model(x)).astype("float64")
    losses = np.log(np.exp(logits).sum(-1)) - logits[np.arange(ROWS), y]
    np.testing.assert_allclose(model.evaluate(x, y, batch_size=ROWS, verbose=0), losses.mean(), rtol=1e-5)
    weighted = model.evaluate(x, y, batch_size=ROWS, sample_weight=weights, verbose=0)
    np.testing.assert_allclose(weighted, (weights * losses).mean(), rtol=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_fit_in_order_is_keras_fit_on_its_own_batches(arrays, weighted):
    """The same steps as `train_on_batch`, which makes no dataset."""
    x, y, weights = arrays
    weights = weights if weighted else None
    model, by_hand = new_model(), new_model()
    model.fit(x, y, batch_size=4, epochs=2, shuffle=False, sample_weight=weights, verbose=0)
    for first in (0, 4, 8, 0, 4, 8):
        rows = slice(first, first + 4)
        batch_weights = None if weights is None else weights[rows]
        by_hand.train_on_batch({"input_ids": x["input_ids"][rows]}, y[rows], sample_weight=batch_weights)
    for ours, other in zip(model.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_allclose(ours, other, atol=1e-6)


@pytest.mark.filterwarnings("error")
def test_fit_takes_what_keras_takes(arrays):
    model, (x, y, _) = new_model(), arrays
    history = model.fit(x, y, batch_size=4, validation_data=(x, y), epochs=2, verbose=0).history
    assert set(history) == {"loss", "val_loss"}
    model.fit(x, y, batch_size=4, validation_split=0.2, verbose=0)
    model.fit(x, y, batch_size=4, class_weight={0: 1.0, 1: 2.0}, verbose=0)
    model.fit(x, y, 4, 1, 0)  # by position


def test_every_pass_shows_every_row_in_another_order():
    rows = np.arange(50)
    keras.utils.set_random_seed(3)
    dataset = array_batches(({"a": rows}, None), 8, shuffle=True)
    passes = [np.concatenate([batch["a"] for batch, _ in dataset.as_numpy_iterator()]) for _ in range(2)]
    assert all(sorted(order) == list(rows) for order in passes)
    assert not np.array_equal(*passes)
    keras.utils.set_random_seed(3)
    again = array_batches(({"a": rows}, None), 8, shuffle=True)
    assert np.array_equal(np.concatenate([batch["a"] for batch, _ in again.as_numpy_iterator()]), passes[0])


def test_what_is_left_to_keras():
    assert array_batches({"a": [[1, 2]]}, 2) is None
    assert array_batches({"a": np.zeros((2, 3)), "b": np.zeros((3, 3))}, 2) is None
    assert array_batches({"a": np.zeros((0, 3))}, 2) is None
    assert array_batches({"a": tf.zeros([])}, 2) is None
    assert next(iter(array_batches({"a": np.zeros((2, 3))}, 2)))["a"].dtype == tf.float32


def test_untuned():
    assert untuned(tf.data.Dataset.range(3)).options().autotune.enabled is False
