"""How a tensor in a file is arranged in a Keras variable, and back."""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Layout:
    """A rearrangement that loses nothing.

    Args:
        name: for messages.
        transposed: whether the array is a kernel, (out, in) in the file and (in, out) elsewhere.
        to_variable: (file array, variable shape) -> array of the variable's shape.
        to_file: variable array -> file array.
        file_shape: variable shape -> file shape.
        variable_shape: (file shape, number of attention heads) -> variable shape.
    """

    name: str
    transposed: bool
    to_variable: Callable
    to_file: Callable
    file_shape: Callable
    variable_shape: Callable

    def two_axes(self, array):
        """Returns a file's array as a checkpoint without an axis of heads has it; also the way back."""
        return array.T if self.transposed else array

    def two_axes_shape(self, shape):
        """Returns the shape of what `two_axes` makes of an array of this shape."""
        return tuple(reversed(shape)) if self.transposed else tuple(shape)


def _product(sizes):
    return int(np.prod(sizes))


# Tables, biases and LayerNorm vectors.
AS_IS = Layout(
    "as is",
    transposed=False,
    to_variable=lambda x, shape: x,
    to_file=lambda x: x,
    file_shape=lambda shape: tuple(shape),
    variable_shape=lambda shape, heads: tuple(shape),
)

# A kernel is (out, in) in the file and (in, out) in Keras.
DENSE = Layout(
    "dense",
    transposed=True,
    to_variable=lambda x, shape: x.T,
    to_file=lambda x: x.T,
    file_shape=lambda shape: (shape[1], shape[0]),
    variable_shape=lambda shape, heads: (shape[1], shape[0]),
)

# A projection into heads: (heads * head_size, in) in the file, (in, heads, head_size) in Keras.
INTO_HEADS = Layout(
    "into heads",
    transposed=True,
    to_variable=lambda x, shape: x.T.reshape(shape),
    to_file=lambda x: x.reshape(x.shape[0], -1).T,
    file_shape=lambda shape: (_product(shape[1:]), shape[0]),
    variable_shape=lambda shape, heads: (shape[1], heads, shape[0] // heads),
)

# A projection out of heads: (out, heads * head_size) in the file, (heads, head_size, out) in Keras.
OUT_OF_HEADS = Layout(
    "out of heads",
    transposed=True,
    to_variable=lambda x, shape: x.T.reshape(shape),
    to_file=lambda x: x.reshape(-1, x.shape[-1]).T,
    file_shape=lambda shape: (shape[2], _product(shape[:2])),
    variable_shape=lambda shape, heads: (heads, shape[1] // heads, shape[0]),
)

# The bias of a projection into heads: (heads * head_size,) in the file, (heads, head_size) in Keras.
HEADS_BIAS = Layout(
    "heads bias",
    transposed=False,
    to_variable=lambda x, shape: x.reshape(shape),
    to_file=lambda x: x.reshape(-1),
    file_shape=lambda shape: (_product(shape),),
    variable_shape=lambda shape, heads: (heads, shape[0] // heads),
)
