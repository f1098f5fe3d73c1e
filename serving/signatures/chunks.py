"""How much of a long text goes through the encoder at a time; see `tasks.chunks`."""

import tensorflow as tf

# Pieces that go through the encoder at a time.
CHUNK_PIECES = 2**13


def rows_of_a_chunk(rows):
    """Returns how many rows of pieces (rows, None) go through the encoder at a time, a scalar int64 tensor."""
    longest = tf.reduce_max(tf.concat([rows.row_lengths(), [1]], axis=0))
    return tf.maximum(CHUNK_PIECES // longest, 1)
