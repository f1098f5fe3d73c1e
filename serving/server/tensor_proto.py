"""TensorProto <-> NumPy, with values in typed fields as TensorFlow Serving sends them."""

import numpy as np
import tensorflow as tf

from rembert_tf.serving.server.status import Code, ServingError, invalid_argument

# `tf.make_tensor_proto` packs numbers into `tensor_content`; the server's contract is one value field a type.
_VALUE_FIELDS = {
    tf.float32: "float_val",
    tf.float64: "double_val",
    tf.int8: "int_val",
    tf.int16: "int_val",
    tf.int32: "int_val",
    tf.uint8: "int_val",
    tf.uint16: "int_val",
    tf.uint32: "uint32_val",
    tf.uint64: "uint64_val",
    tf.int64: "int64_val",
    tf.bool: "bool_val",
    tf.string: "string_val",
    tf.float16: "half_val",
    tf.bfloat16: "half_val",
}


def to_array(name, proto):
    """The array in a request's tensor; strings become object arrays of bytes.

    Raises:
        ServingError: INVALID_ARGUMENT when values and shape do not belong together.
    """
    try:
        if proto.tensor_shape.unknown_rank or any(dim.size < 0 for dim in proto.tensor_shape.dim):
            raise ValueError("the shape is not a value's")  # NumPy would take it for a wildcard
        return tf.make_ndarray(proto)
    except (ValueError, TypeError, OverflowError, MemoryError) as error:
        raise invalid_argument(f"tensor parsing error: {name}") from error


def to_proto(array):
    """The TensorProto of an output array."""
    array = np.asarray(array)
    dtype = tf.as_dtype(array.dtype)
    if dtype not in _VALUE_FIELDS:
        raise ServingError(Code.UNIMPLEMENTED, f"Outputs of type {dtype.name} cannot be sent")
    proto = tf.make_tensor_proto([], dtype=dtype, shape=(0,))
    proto.tensor_shape.CopyFrom(tf.TensorShape(array.shape).as_proto())
    if _VALUE_FIELDS[dtype] == "half_val":
        array = array.view(np.uint16)  # the field holds the bit patterns
    getattr(proto, _VALUE_FIELDS[dtype]).extend(array.ravel().tolist())
    return proto
