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
