"""The activations that `hidden_act` names."""

import math

from keras import ops


def gelu_erf(x):
    """x * Phi(x), exact: the reading of `gelu` in the reference's configuration.

    Written with erf and not as a framework's own gelu, which lowers to Erfc and cannot be exported
    to ONNX.
    """
    # The constant takes x's dtype: a Python float would otherwise promote bfloat16 on some backends.
    return 0.5 * x * (1.0 + ops.erf(x * ops.cast(1.0 / math.sqrt(2.0), x.dtype)))


def lean_gelu_erf(x):
    """`gelu_erf` for training: its gradient is computed from `x`, and nothing else is kept for it.

    Of `gelu_erf` as it is written, TensorFlow keeps three tensors of x's size.
    """

    # Within the function: where TensorFlow converts Python code, it would call a decorated one without its decorator.
    @ops.custom_gradient
    def gelu(x):
        def gradient(*arguments, upstream=None):
            upstream = arguments[0] if upstream is None else upstream
            half, density = (ops.cast(each, x.dtype) for each in (-0.5, 1.0 / math.sqrt(2.0 * math.pi)))
            # In this order each product takes the place of the one before it.
            return upstream * (_normal_cdf(x) + x * (density * ops.exp(half * x * x)))

        return gelu_erf(x), gradient

    return gelu(x)


def _normal_cdf(x):
    return 0.5 * (1.0 + ops.erf(x * ops.cast(1.0 / math.sqrt(2.0), x.dtype)))


def gelu_tanh(x):
    """The tanh approximation of GELU, as Google's code of the BERT family computes it."""
    return ops.gelu(x, approximate=True)


ACTIVATION_FUNCTIONS = {
    "gelu": gelu_erf,
    "gelu_new": gelu_tanh,
    "gelu_pytorch_tanh": gelu_tanh,
    "relu": ops.relu,
    "silu": ops.silu,
    "swish": ops.silu,
    "tanh": ops.tanh,
}

# What a layer with many tokens takes in training instead: the same numbers.
LEAN_ACTIVATION_FUNCTIONS = {**ACTIVATION_FUNCTIONS, "gelu": lean_gelu_erf}
