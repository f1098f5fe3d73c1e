"""Writing into a buffer of a fixed size, one entry at a time."""

from keras import ops


def written(buffer, entry, index, axis):
    """Returns a buffer with an entry at an index of one axis.

    Not `ops.slice_update`: on TensorFlow that is an XLA operation, and a model server may run without XLA.

    Args:
        buffer: any tensor.
        entry: of the same shape, but 1 along `axis`.
        index: integer scalar.
        axis: a dimension's number, from 0.
    """
    places = ops.arange(ops.shape(buffer)[axis], dtype="int32")
    along = [-1 if number == axis else 1 for number in range(len(buffer.shape))]
    return ops.where(ops.reshape(places == ops.cast(index, "int32"), along), entry, buffer)
