"""A table made of stretches of rows, one after the other, in no more memory than the table's own."""

import keras
from keras import ops


class RowStretches:
    """Takes a table's rows in order; a graph of TensorFlow writes them into the table at once.

    Elsewhere they are kept and joined at the end, which takes the table's memory twice for a moment, unless XLA
    makes one of the two.

    Args:
        shape: (rows, width), integers.
        dtype: name of the type.
        with_xla: whether TensorFlow's XLA compiles the graph.

    Attributes:
        table: what was written so far, in a graph of TensorFlow; None elsewhere.
    """

    def __init__(self, shape, dtype, with_xla=False):
        self._stretches, self.table, self._written, self._with_xla = [], None, 0, with_xla
        if _in_graph():
            import tensorflow as tf

            self.table = tf.raw_ops.Empty(shape=shape, dtype=dtype, init=False)

    def append(self, rows):
        """Takes the next (count, width) rows."""
        if self.table is None:
            self._stretches.append(rows)
            return
        import tensorflow as tf

        end = self._written + rows.shape[0]
        # The table has no other use than this, so that its buffer becomes the result's. XLA does not know the faster
        # of the two operations.
        if self._with_xla:
            self.table = tf.raw_ops.TensorStridedSliceUpdate(
                input=self.table, begin=[self._written], end=[end], strides=[1], value=rows
            )
        else:
            self.table = tf.raw_ops.InplaceUpdate(x=self.table, i=tf.range(self._written, end), v=rows)
        self._written = end

    def tensor(self):
        """Returns the table, all of whose rows were given."""
        return ops.concatenate(self._stretches) if self.table is None else self.table


def once_known(tensor, *before):
    """Returns a tensor that a graph of TensorFlow has no use of until others are known.

    Operations that do not need one another may run in any order there, and all their results exist at a time.
    """
    if not _in_graph():
        return tensor
    import tensorflow as tf

    with tf.control_dependencies([each for each in before if each is not None]):
        return tf.identity(tensor)


def _in_graph():
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.executing_eagerly()
