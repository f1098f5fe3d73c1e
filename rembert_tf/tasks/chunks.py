"""Work on many rows in a graph, a few at a time, so that it takes time but no memory."""

import tensorflow as tf


def in_chunks(function, kinds, size, *tensors):
    """Returns what a function gives for rows, called for a chunk of them at a time.

    Args:
        function: of tensors; returns as many as there are `kinds`.
        kinds: (dtype, shape) of each of its results; the first dimension is None.
        size: rows of a chunk, an integer or a scalar tensor.
        *tensors: dense or ragged (rows, ...).

    Returns:
        Tuple of the results, each put together along its first dimension.
    """
    rows = _rows(tensors[0])
    size = tf.cast(size, rows.dtype)
    count = tf.cast((rows + size - 1) // size, tf.int32)

    def step(index, *arrays):
        first = tf.cast(index, rows.dtype) * size
        parts = function(*(tensor[first : first + size] for tensor in tensors))
        return index + 1, *(array.write(index, part) for array, part in zip(arrays, parts, strict=True))

    arrays = [tf.TensorArray(dtype, count, infer_shape=False, element_shape=shape) for dtype, shape in kinds]
    results = tf.while_loop(lambda index, *_: index < count, step, (0, *arrays), parallel_iterations=1)[1:]
    return tuple(array.concat() for array in results)


def _rows(tensor):
    return tensor.nrows() if isinstance(tensor, tf.RaggedTensor) else tf.shape(tensor, tf.int64)[0]
