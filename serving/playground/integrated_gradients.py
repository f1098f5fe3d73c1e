"""Integrated gradients: how much each piece adds to a score."""

import numpy as np
import tensorflow as tf

NODES = 32  # of Gauss-Legendre quadrature: the answers add up to within a thousandth of the change, usually
CHUNK_PIECES = 256  # that go through the model at a time: for gradients every activation is kept


def integrated_gradients(score, vectors, baseline):
    """Returns (length,) float32: each piece's share of score(vectors) - score(baseline).

    The gradient of the score is integrated along the straight line from the baseline to the vectors, and multiplied
    by the way (Sundararajan, Taly and Yan, ICML 2017, equation 1). Shares add up to the whole change, which tells
    how exact the integral is.

    Args:
        score: function of (rows, length, width) float32 that returns (rows,).
        vectors: (length, width) float32.
        baseline: (length, width) float32.
    """
    way = vectors - baseline
    places, weights = np.polynomial.legendre.leggauss(NODES)
    places, weights = ((places + 1) / 2).astype(np.float32), (weights / 2).astype(np.float32)
    step = max(1, CHUNK_PIECES // len(vectors))
    total = tf.zeros_like(way)
    for begin in range(0, NODES, step):
        some = slice(begin, begin + step)
        points = baseline + places[some, np.newaxis, np.newaxis] * way
        total += tf.einsum("n,nlw->lw", weights[some], _gradients(score, points))
    return tf.reduce_sum(total * way, axis=1)


def _gradients(score, points):
    # Of the word vectors alone: gradients of the weights would take as much memory as they do.
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(points)
        scores = score(points)
    return tape.gradient(scores, points)
