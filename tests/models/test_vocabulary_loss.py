"""The loss over a vocabulary in stretches against plain softmax cross-entropy: numbers, gradients, memory."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.models import vocabulary_loss as module
from rembert_tf.models.vocabulary_loss import vocabulary_loss

POSITIONS, VOCAB, WIDTH = 37, 1001, 24
RANDOM = np.random.default_rng(0)
STATES, TABLE = (RANDOM.normal(size=(n, WIDTH)).astype("float32") for n in (POSITIONS, VOCAB))
BIAS = RANDOM.normal(size=VOCAB).astype("float32")
LABELS = RANDOM.integers(0, VOCAB, POSITIONS).astype("int32")
WEIGHTS = (RANDOM.uniform(size=POSITIONS) * (np.arange(POSITIONS) % 4 > 0) / POSITIONS).astype("float32")
# Entries of a stretch: one for all, 16 that do not divide the vocabulary, and the most there may be.
SIZES = {1: 10**9, 16: 64 * (POSITIONS + WIDTH), 63: 1}


def exact(scale=1.0):
    """Returns loss and gradients in float64."""
    states, table = STATES.astype("float64"), TABLE.astype("float64")
    logits = states @ table.T + BIAS
    logits -= logits.max(axis=1, keepdims=True)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    loss = -scale * np.sum(WEIGHTS * np.log(probabilities[np.arange(POSITIONS), LABELS]))
    probabilities[np.arange(POSITIONS), LABELS] -= 1.0
    errors = scale * WEIGHTS[:, None] * probabilities
    return loss, errors @ table, errors.T @ states, errors.sum(axis=0)


def ours(dtype="float32", scale=1.0, way="eagerly", positions=POSITIONS):
    """Returns loss and gradients; a graph may not be told how many `positions` there are (None)."""
    variables = [tf.Variable(each) for each in (TABLE, BIAS)]
    signature = [tf.TensorSpec([positions, WIDTH]), tf.TensorSpec([positions], tf.int32), tf.TensorSpec([positions])]

    def step(states, labels, weights):
        with tf.GradientTape() as tape:
            tape.watch(states)
            table, bias = map(tf.convert_to_tensor, variables)
            inputs = tf.cast(states, dtype), labels, weights, table, bias
            loss = scale * vocabulary_loss(*inputs, dtype, with_xla=way == "jit_compile")
        return loss, *tape.gradient(loss, [states, *variables])

    if way != "eagerly":
        step = tf.function(step, input_signature=signature, jit_compile=way == "jit_compile")
    return step(*map(tf.constant, (STATES, LABELS, WEIGHTS)))


@pytest.mark.parametrize("way", ["eagerly", "graph", "jit_compile"])
@pytest.mark.parametrize("stretches", SIZES)
def test_loss_and_gradients_of_plain_cross_entropy(monkeypatch, stretches, way):
    monkeypatch.setattr(module, "STRETCH_ENTRIES", SIZES[stretches])
    assert len(module._stretches(POSITIONS, VOCAB, WIDTH)) == stretches
    for found, expected in zip(ours(way=way), exact(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("way", ["graph", "jit_compile"])
def test_positions_whose_number_a_graph_does_not_know(monkeypatch, way):
    monkeypatch.setattr(module, "STRETCH_ENTRIES", 2**18)
    for found, expected in zip(ours(way=way, positions=None), exact(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("dtype", "tolerance"), [("bfloat16", 0.02), ("float16", 0.003)])
def test_products_in_fewer_bits_under_a_loss_scale(monkeypatch, dtype, tolerance):
    """Gradients of 1e-7 and less, as a mean over many positions has them, are not lost."""
    monkeypatch.setattr(module, "STRETCH_ENTRIES", SIZES[16])
    for scale in (1e-4, 2.0**15):
        found, expected = ours(dtype, scale, "graph"), exact(scale)
        assert float(found[0]) == pytest.approx(expected[0], rel=tolerance)
        for one, other in zip(found[2:], expected[2:], strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * np.max(np.abs(other)))
        if scale > 1 or dtype == "bfloat16":  # the states' own gradient is float16, as the states are
            np.testing.assert_allclose(found[1], expected[1], rtol=0, atol=tolerance * np.max(np.abs(expected[1])))


def test_the_largest_tensors_are_the_tables(monkeypatch):
    """And each row of the table's gradient is written once, in place."""
    monkeypatch.setattr(module, "STRETCH_ENTRIES", SIZES[16])
    table, bias = (tf.Variable(each) for each in (TABLE, BIAS))

    @tf.function
    def step(states):
        with tf.GradientTape() as tape:
            tape.watch(states)
            tensors = map(tf.convert_to_tensor, (table, bias))
            loss = vocabulary_loss(states, tf.constant(LABELS), tf.constant(WEIGHTS), *tensors, "float32")
        return tape.gradient(loss, [states, table, bias])

    operations = step.get_concrete_function(tf.TensorSpec([POSITIONS, WIDTH])).graph.get_operations()
    large = [each.type for each in operations for output in each.outputs if output.shape == (VOCAB, WIDTH)]
    assert large.count("InplaceUpdate") == 16
    # What only hands a tensor on shares its memory, and nothing uses the zeros that the tape makes for such.
    assert set(large) <= {"InplaceUpdate", "Empty", "ReadVariableOp", "Reshape", "Identity", "IdentityN", "Fill"}
    others = [output.shape.num_elements() for each in operations for output in each.outputs if output.shape.rank]
    assert max(size for size in others if size != VOCAB * WIDTH) <= 64 * (POSITIONS + WIDTH)


@pytest.mark.parametrize(("positions", "entries"), [(308, 2**23), (64 * 77, 2**25), (64 * 512, 2**27)])
def test_logits_of_the_published_vocabulary_that_exist_at_a_time(positions, entries):
    begin, end = module._stretches(positions, 250300, 1664)[0]
    assert positions * (end - begin) <= entries
