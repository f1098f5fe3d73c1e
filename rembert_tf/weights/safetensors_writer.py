"""Writing a safetensors file one tensor at a time, so that a model needs no second copy in memory."""

import json
import math

import numpy as np

# What the transformers library looks for before it reads the file.
_METADATA = {"format": "pt"}
_ALIGNMENT = 8


def write(path, tensors):
    """Writes float32 tensors by name.

    The format: the header's length as 8 bytes, the header as JSON, padded with spaces so that the numbers
    begin at a multiple of 8, then the numbers of all tensors without gaps, everything little-endian.

    Args:
        path: of the file.
        tensors: triples of a name, a shape and a function that returns the array; each is called once, and
            its result is let go before the next.
    """
    header, position = {"__metadata__": _METADATA}, 0
    for name, shape, _ in tensors:
        size = 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [position, position + size]}
        position += size
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % _ALIGNMENT)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for name, shape, array in tensors:
            numbers = np.asarray(array(), dtype="<f4")
            if numbers.shape != tuple(shape):
                raise AssertionError(f"{name} has shape {numbers.shape} instead of the announced {tuple(shape)}")
            file.write(np.ascontiguousarray(numbers).reshape(-1).view(np.uint8).data)
            del numbers
