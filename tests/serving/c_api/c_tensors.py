"""Tensors between JSON and TensorFlow's C library.

In JSON a tensor is {"dtype": TensorFlow's number of it, "shape": [...], "values": [...]}, strings in base64.
"""

import base64
import ctypes
import math

STRING = 7
ELEMENTS = {1: ctypes.c_float, 3: ctypes.c_int32, 9: ctypes.c_int64, 10: ctypes.c_bool}
TSTRING_SIZE = 24


def to_c(library, content):
    """Returns a new TF_Tensor of a tensor in JSON.

    Args:
        library: a CLibrary.
        content: see above.
    """
    dtype, shape, values = content["dtype"], content["shape"], content["values"]
    size = TSTRING_SIZE if dtype == STRING else ctypes.sizeof(ELEMENTS[dtype])
    dims = (ctypes.c_int64 * len(shape))(*shape)
    count = math.prod(shape)
    tensor = ctypes.c_void_p(
        library["TF_AllocateTensor"](ctypes.c_int(dtype), dims, ctypes.c_int(len(shape)), ctypes.c_size_t(count * size))
    )
    data = library["TF_TensorData"](tensor)
    if dtype != STRING:
        ctypes.memmove(data, (ELEMENTS[dtype] * count)(*values), count * size)
        return tensor
    for index, value in enumerate(values):
        text, place = base64.b64decode(value), ctypes.c_void_p(data + index * TSTRING_SIZE)
        library["TF_StringInit"](place)
        library["TF_StringCopy"](place, text, ctypes.c_size_t(len(text)))
    return tensor


def from_c(library, tensor):
    """Returns a TF_Tensor as JSON; arguments as of `to_c`."""
    dtype = library["TF_TensorType"](tensor)
    shape = [library["TF_Dim"](tensor, ctypes.c_int(axis)) for axis in range(library["TF_NumDims"](tensor))]
    data, count = library["TF_TensorData"](tensor), math.prod(shape)
    if dtype == STRING:
        values = [_text(library, data + index * TSTRING_SIZE) for index in range(count)]
    else:
        values = list((ELEMENTS[dtype] * count).from_address(data)) if count else []
    return {"dtype": dtype, "shape": shape, "values": values}


def _text(library, place):
    place = ctypes.c_void_p(place)
    start = library["TF_StringGetDataPointer"](place)
    return base64.b64encode(ctypes.string_at(start, library["TF_StringGetSize"](place))).decode()
