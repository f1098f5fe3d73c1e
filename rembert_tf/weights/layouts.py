"""How a tensor in a file is arranged in a Keras variable, and back."""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Layout:
    """A rearrangement that loses nothing.

    Args:
        name: for messages.
        to_variable: (file array, variable shape) -> array of the variable's shape.
        to_file: variable array -> file array.
        file_shape: variable shape -> file shape.
    """

    name: str
    to_variable: Callable
    to_file: Callable
    file_shape: Callable


def _product(sizes):
    return int(np.prod(sizes))


# Tables, biases and LayerNorm vectors.
AS_IS = Layout("as is", lambda x, shape: x, lambda x: x, lambda shape: tuple(shape))

# A kernel is (out, in) in the file and (in, out) in Keras.
DENSE = Layout("dense", lambda x, shape: x.T, lambda x: x.T, lambda shape: (shape[1], shape[0]))

# A projection into heads: (heads * head_size, in) in the file, (in, heads, head_size) in Keras.
INTO_HEADS = Layout(
    "into heads",
    lambda x, shape: x.T.reshape(shape),
    lambda x: x.reshape(x.shape[0], -1).T,
    lambda shape: (_product(shape[1:]), shape[0]),
)

# A projection out of heads: (out, heads * head_size) in the file, (heads, head_size, out) in Keras.
OUT_OF_HEADS = Layout(
    "out of heads",
    lambda x, shape: x.T.reshape(shape),
    lambda x: x.reshape(-1, x.shape[-1]).T,
    lambda shape: (shape[2], _product(shape[:2])),
)

# The bias of a projection into heads: (heads * head_size,) in the file, (heads, head_size) in Keras.
HEADS_BIAS = Layout(
    "heads bias", lambda x, shape: x.reshape(shape), lambda x: x.reshape(-1), lambda shape: (_product(shape),)
)
