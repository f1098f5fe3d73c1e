"""JSON values -> typed scalars: what may stand for which tensor type."""

import base64
import binascii
import math

import numpy as np
import tensorflow as tf

from rembert_tf.serving.server.json_document import format_error, quote, type_error
from rembert_tf.serving.server.servable import runtime_type_name
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument

_INT32 = (-(2**31), 2**31 - 1)
# Small integer types travel as int32 and are cut to size by the tensor, as in the original.
_INTEGER_RANGES = {
    tf.int8: _INT32,
    tf.int16: _INT32,
    tf.int32: _INT32,
    tf.uint8: _INT32,
    tf.int64: (-(2**63), 2**63 - 1),
    tf.uint32: (0, 2**32 - 1),
    tf.uint64: (0, 2**64 - 1),
}
_FLOAT_LIMITS = {
    tf.float32: ("float", 2**24 - 1, float(np.finfo(np.float32).max)),
    tf.float64: ("double", 2**53 - 1, float(np.finfo(np.float64).max)),
}


def read_scalar(value, dtype, document):
    """Checks one JSON value against a tensor type.

    Args:
        value: a parsed JSON value that is no list.
        dtype: a `tf.DType`.
        document: the `Document` that the value comes from.

    Returns:
        bytes, int, float or bool.

    Raises:
        ServingError: INVALID_ARGUMENT for a value of another kind, UNIMPLEMENTED for a type that JSON
            requests cannot hold.
    """
    if isinstance(value, dict):
        if dtype != tf.string:
            raise type_error(value, runtime_type_name(dtype))
        if not is_base64(value):
            raise format_error(value, "not formatted correctly for base64 data")
        return decode_base64(value, document)
    if dtype == tf.string:
        fits = isinstance(value, str)
    elif dtype == tf.bool:
        fits = isinstance(value, bool)
    elif dtype in _FLOAT_LIMITS:
        fits = is_number(value)
    elif dtype in _INTEGER_RANGES:
        low, high = _INTEGER_RANGES[dtype]
        fits = is_integer(value) and low <= value <= high
    else:
        raise ServingError(
            Code.UNIMPLEMENTED, f"Conversion of JSON Value: {quote(value)} to type: {runtime_type_name(dtype)}"
        )
    if not fits:
        raise type_error(value, runtime_type_name(dtype))
    if dtype == tf.string:
        return document.encode(value)
    if dtype in _FLOAT_LIMITS:
        return read_float(value, dtype)
    return value


def read_float(value, dtype):
    """A JSON number as a float, unless the type cannot hold it."""
    name, largest_integer, largest = _FLOAT_LIMITS[dtype]
    limit = largest_integer if is_integer(value) else largest
    if not abs(value) <= limit and (is_integer(value) or math.isfinite(value)):
        raise invalid_argument(f"Cannot convert JSON value: {quote(value)} to {name} without loss of precision.")
    return float(value)


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value):
    return is_integer(value) or isinstance(value, float)


def is_base64(value):
    """Whether a value is the object that stands for bytes: `{"b64": "..."}` and nothing else."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def decode_base64(value, document):
    """The bytes of a base64 object; padding may be left out as a whole, white space is passed over."""
    encoded = b"".join(document.encode(value["b64"]).split())
    content = encoded.rstrip(b"=")
    whole_padding = -len(content) % 4
    try:
        if len(encoded) - len(content) not in (0, whole_padding):
            raise binascii.Error("half of the padding")
        return base64.b64decode(content + b"=" * whole_padding, validate=True)
    except binascii.Error as error:
        raise invalid_argument("Unable to base64 decode") from error
