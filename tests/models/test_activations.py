"""GELU for training: the same numbers and derivatives as GELU, from its input alone."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.layers.activations import gelu_erf, lean_gelu_erf

POINTS = np.concatenate([np.linspace(-8, 8, 201), [0.0, -40.0, 40.0]])


def expected(x):
    """Returns GELU's value, first and second derivative, in float64."""
    cdf = np.array([0.5 * math.erfc(-each / math.sqrt(2)) for each in x])
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return x * cdf, cdf + x * density, density * (2 - x * x)


def derivatives(function, x):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            value = function(x)
        first = inner.gradient(value, x)
    return value, first, outer.gradient(first, x)


@pytest.mark.parametrize("way", ["eagerly", "graph", "jit_compile"])
def test_value_and_both_derivatives(way):
    function = derivatives
    if way != "eagerly":
        function = tf.function(derivatives, jit_compile=way == "jit_compile")
    for ours, theirs in zip(function(lean_gelu_erf, tf.constant(POINTS, tf.float32)), expected(POINTS), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=3e-6)  # XLA's erf on a GPU ends at 1 - 2.4e-7


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_in_fewer_bits(dtype):
    x = tf.constant(POINTS[:-2], dtype)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        ours, theirs = lean_gelu_erf(x), gelu_erf(x)
    np.testing.assert_array_equal(tf.cast(ours, "float32"), tf.cast(theirs, "float32"))
    found = tape.gradient(ours, x)
    assert found.dtype == dtype
    exact = expected(tf.cast(x, tf.float64).numpy())[1]
    np.testing.assert_allclose(tf.cast(found, tf.float64), exact, atol=0.02 if dtype == "bfloat16" else 0.004)


def test_recomputed():
    """In a block whose activations are computed twice, too."""
    x = tf.constant(POINTS, tf.float32)

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = keras.remat(lambda states: lean_gelu_erf(2.0 * states))(x)
        return tape.gradient(value, x)

    np.testing.assert_allclose(gradient(), 2.0 * expected(2.0 * POINTS)[1], atol=2e-6)


def test_nothing_but_the_input_is_kept():
    """By what the gradient's operations read of those of the value."""

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = lean_gelu_erf(x)
        with tf.name_scope("backward"):
            return tape.gradient(value, x)

    graph = step.get_concrete_function(tf.TensorSpec([7, 5])).graph
    behind = [each for each in graph.get_operations() if each.name.startswith("backward")]
    read = {entry.op for each in behind for entry in each.inputs} - set(behind)
    assert {entry.type for entry in read if entry.outputs[0].shape == (7, 5)} <= {"Placeholder", "Identity"}
