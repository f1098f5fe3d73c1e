"""Ragged rows put side by side: texts with special tokens around them."""

import tensorflow as tf


def lay_out(first, second, before, after, special=True):
    """Puts texts side by side, with special tokens around them.

    Args:
        first: ragged (batch, None) of anything that pieces have: ids, positions.
        second: ragged (batch, None), or None.
        before: what stands for [CLS].
        after: what stands for [SEP].
        special: whether there are special tokens at all.

    Returns:
        Ragged (batch, None).
    """
    inner = tf.shape(first.values, tf.int64)[1:]
    column = tf.zeros(tf.concat([[first.nrows()], inner], axis=0), first.dtype)
    ones = tf.RaggedTensor.from_uniform_row_length(column, 1, first.nrows(), validate=False)
    opening, closing = (ones.with_values(column + filling) for filling in (before, after))
    rows = [opening, first, closing] if special else [first]
    if second is not None:
        rows += [second, closing] if special else [second]
    return beside(*rows)


def beside(*parts):
    """Puts ragged tensors (batch, None) of as many rows side by side.

    `tf.concat` does the same, and checks it with hundreds of operations, which a served graph need not load and run.
    """
    if len(parts) == 1:
        return parts[0]
    lengths = tf.stack([part.row_lengths() for part in parts], axis=1)  # (batch, parts)
    sizes = tf.stack([part.row_splits[-1] for part in parts])
    starts = tf.stack([part.row_starts() for part in parts], axis=1) + tf.cumsum(sizes, exclusive=True)
    starts, limits = tf.reshape(starts, [-1]), tf.reshape(starts + lengths, [-1])
    places = tf.raw_ops.RaggedRange(starts=starts, limits=limits, deltas=tf.ones([], tf.int64)).rt_dense_values
    values = tf.gather(tf.concat([part.values for part in parts], axis=0), places)
    splits = tf.concat([[0], tf.cumsum(tf.reduce_sum(lengths, axis=1))], axis=0)
    return tf.RaggedTensor.from_row_splits(values, splits, validate=False)


def token_types(rows, first, second, special=True):
    """Returns ragged (batch, None): 0, but 1 for the second text and its [SEP].

    Args:
        rows: what `lay_out` made of the others.
        first: ragged (batch, None).
        second: ragged (batch, None), or None.
        special: whether there are special tokens at all.
    """
    if second is None:
        return tf.zeros_like(rows)
    begin = first.row_lengths() + (2 if special else 0)
    position = tf.ragged.range(rows.row_lengths()).values
    return rows.with_values(tf.cast(position >= tf.gather(begin, rows.value_rowids()), rows.dtype))
