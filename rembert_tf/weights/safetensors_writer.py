"""Writing a safetensors file one tensor at a time, so that a model needs no second copy in memory."""

import json
import math

import ml_dtypes
import numpy as np

from rembert_tf.errors import InputError

# What the transformers library looks for before it reads the file.
_METADATA = {"format": "pt"}
_ALIGNMENT = 8
_CODES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


def write(path, tensors, dtype="float32"):
    """Writes tensors by name.

    The format: the header's length as 8 bytes, the header as JSON, padded with spaces so that the numbers
    begin at a multiple of 8, then the numbers of all tensors without gaps, everything little-endian.

    Args:
        path: of the file.
        tensors: triples of a name, a shape and a function that returns the array; each is called once, and
            its result is let go before the next.
        dtype: float32, float16 or bfloat16; numbers are rounded to it.

    Raises:
        InputError: a number is too large for float16.
    """
    header, position = {"__metadata__": _METADATA}, 0
    for name, shape, _ in tensors:
        size = BYTES[dtype] * math.prod(shape)
        header[name] = {"dtype": _CODES[dtype], "shape": list(shape), "data_offsets": [position, position + size]}
        position += size
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % _ALIGNMENT)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for name, shape, array in tensors:
            numbers = rounded(array(), dtype, name)
            if numbers.shape != tuple(shape):
                raise AssertionError(f"{name} has shape {numbers.shape} instead of the announced {tuple(shape)}")
            file.write(np.ascontiguousarray(numbers).reshape(-1).view(np.uint8).data)
            del numbers


def rounded(array, dtype, name):
    """Returns an array as a file of this precision holds it.

    Args:
        array: numbers.
        dtype: float32, float16 or bfloat16.
        name: of the tensor, for the message.

    Raises:
        InputError: a number is too large for float16.
    """
    numbers = np.asarray(array, dtype="<f4")
    if dtype == "float32":
        return numbers
    with np.errstate(over="ignore"):
        rounded = numbers.astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else np.dtype("<f2"))
    if np.isinf(rounded).any() and not np.isinf(numbers).any():
        raise InputError(f"{name} holds {np.abs(numbers).max():.3g}, which is too large for {dtype}.")
    return rounded
