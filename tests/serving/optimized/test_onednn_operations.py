"""Every internal operation computes what its formula says, in both number types, of no tokens too."""

import math

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from rembert_tf.errors import InputError
from rembert_tf.serving.optimized import onednn_operations
from rembert_tf.serving.optimized.onednn_operations import attention_scores, dense, layer_norm, require_onednn, softmax

# float32; and bfloat16, whose numbers have 8 bits, for one rounding.
TOLERANCES = {"float32": {"rtol": 1e-5, "atol": 1e-5}, "bfloat16": {"rtol": 2**-8, "atol": 1e-3}}
DTYPES = pytest.mark.parametrize("dtype", TOLERANCES)


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS = {None: lambda x: x, "gelu": gelu, "gelu_new": gelu_tanh, "gelu_pytorch_tanh": gelu_tanh, "tanh": np.tanh}


@pytest.fixture
def normal():
    """Draws an array of a shape from the numbers that a type has."""
    generator = np.random.default_rng(0)

    def normal(dtype, *shape):
        return tf.cast(generator.normal(size=shape), dtype)

    return normal


def computed(function, *tensors):
    """Returns a graph function's result as float32."""
    return tf.cast(tf.function(function, autograph=False)(*tensors), tf.float32).numpy()


def exact(*tensors):
    return [tf.cast(tensor, tf.float64).numpy() for tensor in tensors]


@DTYPES
@pytest.mark.parametrize("keep_kernel", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_dense(dtype, keep_kernel, activation, normal):
    kernel, bias = normal(dtype, 6, 10), normal(dtype, 10)
    function = tf.function(
        lambda x: dense(x, kernel, bias, activation, keep_kernel=keep_kernel),
        input_signature=[tf.TensorSpec([None, 6], dtype)],
        autograph=False,
    )
    for tokens in (7, 1, 0, 40):  # one graph: a kept kernel must serve every number of tokens
        x = normal(dtype, tokens, 6)
        a, b, c = exact(x, kernel, bias)
        np.testing.assert_allclose(computed(function, x), ACTIVATIONS[activation](a @ b + c), **TOLERANCES[dtype])


@DTYPES
@pytest.mark.parametrize("tokens", [5, 0])
def test_dense_with_a_residual(dtype, tokens, normal):
    tensors = [normal(dtype, tokens, 6), normal(dtype, 6, 10), normal(dtype, 10), normal(dtype, tokens, 10)]
    x, kernel, bias, residual = exact(*tensors)
    found = computed(lambda x, kernel, bias, residual: dense(x, kernel, bias, residual=residual), *tensors)
    np.testing.assert_allclose(found, x @ kernel + bias + residual, **TOLERANCES[dtype])


@DTYPES
@pytest.mark.parametrize("batch", [2, 0])
@pytest.mark.parametrize("mask", ["padding", "causal", "both", "nothing"])
def test_attention_scores(dtype, batch, mask, normal):
    length = 5
    shape = {
        "padding": (batch, 1, 1, length),
        "causal": (1, 1, length, length),
        "both": (batch, 1, length, length),
        "nothing": (1, 1, 1, 1),
    }[mask]
    tensors = [normal(dtype, batch, 3, length, 4), normal(dtype, batch, 3, length, 4), normal(dtype, *shape)]
    queries, keys, bias = exact(*tensors)
    found = computed(lambda queries, keys, bias: attention_scores(queries, keys, 0.25, bias), *tensors)
    expected = np.einsum("bnqd,bnkd->bnqk", queries, keys) * 0.25 + bias
    np.testing.assert_allclose(found, expected, **TOLERANCES[dtype])


@DTYPES
def test_scores_of_what_is_masked_are_finite(dtype, normal):
    lowest = tf.cast(tf.fill([1, 1, 1, 3], tf.as_dtype(dtype).min), dtype)
    queries, keys = normal(dtype, 2, 1, 3, 4), normal(dtype, 2, 1, 3, 4)

    def probabilities(queries, keys):
        return softmax(attention_scores(queries, keys, 0.5, lowest))

    np.testing.assert_allclose(computed(probabilities, queries, keys), 1 / 3, rtol=2**-8)


@DTYPES
@pytest.mark.parametrize("shape", [(2, 3, 5, 5), (2, 3, 1, 1), (0, 3, 5, 5)])
def test_softmax(dtype, shape, normal):
    scores = normal(dtype, *shape)
    powers = np.exp(exact(scores)[0])
    np.testing.assert_allclose(
        computed(softmax, scores), powers / powers.sum(axis=-1, keepdims=True), **TOLERANCES[dtype]
    )


@DTYPES
@pytest.mark.parametrize("tokens", [5, 0])
@pytest.mark.parametrize("spread", [1.0, 1e-4])
def test_layer_norm_honours_its_epsilon(dtype, tokens, spread, normal):
    tensors = [normal(dtype, tokens, 24) * tf.cast(spread, dtype), normal(dtype, 24), normal(dtype, 24)]
    x, scale, offset = exact(*tensors)
    for epsilon in (1e-12, 1e-3):
        found = computed(lambda x, *weights, epsilon=epsilon: layer_norm(x, *weights, epsilon), *tensors)
        centred = x - x.mean(axis=-1, keepdims=True)
        expected = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon) * scale + offset
        np.testing.assert_allclose(found, expected, **{**TOLERANCES[dtype], "atol": 2 * TOLERANCES[dtype]["atol"]})


def test_a_tensorflow_without_them_is_refused(monkeypatch):
    require_onednn()
    monkeypatch.setattr(onednn_operations, "OPERATIONS", ("_MklOfAnotherTensorFlow",))
    assert op_def_registry.get("_MklOfAnotherTensorFlow") is None
    with pytest.raises(InputError, match="build for x86-64 processors, with oneDNN; this one has no _MklOf"):
        require_onednn()
