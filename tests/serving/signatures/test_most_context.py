"""The window in which a piece has most context: the rule of the question-answering tasks, in a graph."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.serving.signatures.most_context import most_context
from rembert_tf.tasks.question_answering.spans import most_context_masks
from rembert_tf.tokenization.packing import windows


@pytest.mark.parametrize("seed", range(5))
def test_choices_are_those_of_the_task(seed):
    random = np.random.default_rng(seed)
    sizes = random.integers(2, 400, 20)
    strides = int(random.integers(0, sizes.min()))
    lengths = random.integers(0, 1000, 20)
    text, start, count = windows(tf.constant(lengths), tf.constant(sizes), strides)
    chosen, piece, pieces = (value.numpy() for value in most_context(text, start, count, 20))
    expected = [most_context_masks(count.numpy()[text.numpy() == number], strides) for number in range(20)]
    np.testing.assert_array_equal(chosen, np.concatenate([mask for masks in expected for mask in masks]))
    # Every piece of every text has exactly one window.
    assert pieces == lengths.sum()
    np.testing.assert_array_equal(np.sort(piece[chosen]), np.arange(pieces))


def test_no_windows_have_no_pieces():
    nothing = tf.zeros([0], tf.int64)
    chosen, piece, pieces = most_context(nothing, nothing, nothing, 0)
    assert (chosen.shape, piece.shape, int(pieces)) == ((0,), (0,), 0)
