"""How far a student is from its teacher, against plain NumPy, and its gradients against dense ones."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.training import vocabulary_divergence as chunked_module
from rembert_tf.training.divergences import (
    class_divergences,
    label_divergences,
    squared_differences,
)
from rembert_tf.training.hidden_states import compared_states, spread_blocks, state_distances
from rembert_tf.training.vocabulary_divergence import vocabulary_divergence

RANDOM = np.random.default_rng(7)
TEACHER, STUDENT = RANDOM.normal(size=(2, 4, 5)) * 3


def softmax(x):
    shares = np.exp(x - x.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def divergence(wanted, own):
    return (wanted * np.log(wanted / own)).sum(axis=-1)


@pytest.mark.parametrize("temperature", [1.0, 2.0, 7.5])
def test_class_divergences(temperature):
    expected = temperature**2 * divergence(softmax(TEACHER / temperature), softmax(STUDENT / temperature))
    np.testing.assert_allclose(class_divergences(TEACHER, STUDENT, temperature), expected, rtol=2e-5)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_label_divergences(temperature):
    wanted, own = (1 / (1 + np.exp(-x / temperature)) for x in (TEACHER, STUDENT))
    both = [np.stack([share, 1 - share], axis=-1) for share in (wanted, own)]
    expected = temperature**2 * divergence(*both).mean(axis=-1)
    np.testing.assert_allclose(label_divergences(TEACHER, STUDENT, temperature), expected, rtol=2e-5)


def test_squared_differences():
    np.testing.assert_allclose(
        squared_differences(TEACHER, STUDENT), ((TEACHER - STUDENT) ** 2).mean(axis=-1), rtol=1e-5
    )


@pytest.mark.parametrize("measure", [class_divergences, label_divergences])
def test_extreme_logits_stay_numbers(measure):
    certain = np.array([[-80.0, 80.0, 0.0]])
    for teacher, student in ((certain, -certain), (certain, certain), (0 * certain, certain)):
        assert np.isfinite(measure(teacher, student, 1.0)).all()


def vocabulary_case(positions=11, pieces=7):
    shapes = {"theirs": (positions, 6), "table": (pieces, 6), "bias": (pieces,)}
    teacher = [tf.constant(RANDOM.normal(size=shape), tf.float32) for shape in shapes.values()]
    own = {"states": (positions, 4), "table": (pieces, 4), "bias": (pieces,)}
    student = [tf.Variable(RANDOM.normal(size=shape), dtype=tf.float32) for shape in own.values()]
    weights = RANDOM.random(positions).astype("float32")
    weights[3] = 0
    return teacher, student, tf.constant(weights / weights.sum())


@pytest.mark.parametrize("chunk", [10**6, 3 * 14, 1])
@pytest.mark.parametrize("in_graph", [False, True])
def test_a_vocabulary_a_chunk_at_a_time(chunk, in_graph, monkeypatch):
    """The value and all gradients are those of logits formed at once, however many chunks it takes."""
    monkeypatch.setattr(chunked_module, "CHUNK_LOGITS", chunk)
    teacher, student, weights = vocabulary_case()

    def chunked():
        with tf.GradientTape() as tape:
            loss = vocabulary_divergence(teacher, *map(tf.convert_to_tensor, student), weights, 2.0, "float32")
        return loss, tape.gradient(loss, student)

    with tf.GradientTape() as tape:
        wanted = teacher[0] @ tf.transpose(teacher[1]) + teacher[2]
        own = student[0] @ tf.transpose(student[1]) + student[2]
        losses = class_divergences(wanted, own, 2.0)
        dense = tf.reduce_sum(weights * losses)
    expected = tape.gradient(dense, student)
    loss, gradients = tf.function(chunked)() if in_graph else chunked()
    np.testing.assert_allclose(loss, dense, rtol=1e-5)
    for ours, theirs in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    assert not gradients[0][3].numpy().any()  # the position without weight


def test_nothing_is_learnt_from_an_equal():
    teacher, _, weights = vocabulary_case()
    student = [tf.Variable(tensor) for tensor in teacher]
    with tf.GradientTape() as tape:
        loss = vocabulary_divergence(teacher, *map(tf.convert_to_tensor, student), weights, 3.0, "float32")
    assert abs(float(loss)) < 1e-6
    for gradient in tape.gradient(loss, student):
        np.testing.assert_allclose(gradient, 0, atol=1e-6)


def test_distance_of_states_is_one_minus_their_cosine():
    norms = np.linalg.norm(TEACHER, axis=-1) * np.linalg.norm(STUDENT, axis=-1)
    expected = 1 - (TEACHER * STUDENT).sum(axis=-1) / norms
    np.testing.assert_allclose(state_distances(TEACHER, STUDENT), expected, rtol=1e-5)
    np.testing.assert_allclose(state_distances(TEACHER, 5 * TEACHER), 0, atol=1e-6)


@pytest.mark.parametrize(
    ("wanted", "there", "blocks"), [(4, 12, [2, 5, 8, 11]), (3, 4, [1, 2, 3]), (2, 5, [2, 4]), (4, 2, [0, 0, 1, 1])]
)
def test_blocks_are_spread_evenly_up_to_the_last(wanted, there, blocks):
    assert spread_blocks(wanted, there) == blocks


def test_which_states_are_compared():
    assert compared_states("layers", 2, 4) == [(1, 2), (2, 4)]
    assert compared_states("last", 3, 5) == [(3, 5)]
    assert compared_states("none", 3, 5) == []
