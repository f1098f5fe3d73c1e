"""From pieces to a model's input: [CLS] a [SEP] b [SEP], trimmed and padded.

Ragged tensors and core TensorFlow operations only, so that the same functions serve `tf.data` and
exported signatures on any TensorFlow Serving release (tensorflow-text's trimmers are not linked into
all of them).
"""

import tensorflow as tf

from rembert_tf.errors import InputError

LONGEST_FIRST, ONLY_FIRST, ONLY_SECOND = "longest_first", "only_first", "only_second"
STRATEGIES = (LONGEST_FIRST, ONLY_FIRST, ONLY_SECOND)

# A batch of no rows has no longest row either; models need a position to pool.
WIDTH_OF_NO_ROWS = 2


def number_of_special_tokens(pair):
    """Returns how many special tokens the template adds."""
    return 3 if pair else 2


def keep_first(rows, counts):
    """Keeps the first `counts[i]` entries of row i.

    Args:
        rows: ragged (batch, None).
        counts: (batch,) integers, none above its row's length.
    """
    counts = tf.cast(counts, rows.row_splits.dtype)
    position = tf.ragged.range(rows.row_lengths()).values
    kept = position < tf.gather(counts, rows.value_rowids())
    return tf.RaggedTensor.from_row_lengths(tf.boolean_mask(rows.values, kept), counts, validate=False)


def truncate(first, second, budget, strategy=LONGEST_FIRST):
    """Trims texts to a common budget.

    Args:
        first: ragged (batch, None) ids.
        second: ragged (batch, None) ids, or None.
        budget: pieces left for both together, special tokens not counted.
        strategy: `longest_first` takes pieces off the longer text, off the second when both are as long;
            `only_first` and `only_second` leave the other text whole.

    Returns:
        The two, trimmed.

    Raises:
        InputError: the text that must stay whole leaves nothing of the other (eagerly; in a graph an
            InvalidArgumentError).
    """
    if second is None:
        if strategy == ONLY_SECOND:
            raise InputError("truncation='only_second' needs a text pair.")
        return keep_first(first, tf.minimum(first.row_lengths(), budget)), None
    first_length, second_length = first.row_lengths(), second.row_lengths()
    if strategy == LONGEST_FIRST:
        half_up = (budget + 1) // 2  # the odd piece stays in the first text
        first_kept = tf.minimum(first_length, tf.maximum(budget - second_length, half_up))
        second_kept = tf.minimum(second_length, budget - first_kept)
    elif strategy == ONLY_FIRST:
        _check_fit(second_length, first_length, budget, "second", strategy)
        first_kept, second_kept = tf.minimum(first_length, budget - second_length), second_length
    else:
        _check_fit(first_length, second_length, budget, "first", strategy)
        first_kept, second_kept = first_length, tf.minimum(second_length, budget - first_length)
    return keep_first(first, first_kept), keep_first(second, second_kept)


def _check_fit(whole, trimmed, budget, which, strategy):
    """As in the reference, a text that is trimmed must keep a piece."""
    message = f"truncation={strategy!r} keeps the {which} text whole, which leaves the other none of {budget} pieces"
    fits = tf.logical_or(whole < budget, whole + trimmed <= budget)
    if not tf.executing_eagerly():
        tf.debugging.assert_equal(fits, True, message)
    elif not tf.reduce_all(fits):
        row = int(tf.argmin(tf.cast(fits, tf.int32)))
        raise InputError(f"{message}: in row {row} it has {int(whole[row])}.")


def pack(first, second, cls_id, sep_id):
    """Adds the special tokens.

    Args:
        first: ragged (batch, None) ids.
        second: ragged (batch, None) ids, or None.
        cls_id: id of [CLS].
        sep_id: id of [SEP].

    Returns:
        Two ragged tensors (batch, None): ids, and token types, which are 1 for the second text and
        its [SEP].
    """
    column = tf.zeros([first.nrows(), 1], first.dtype)
    segments = [column + cls_id, first, column + sep_id]
    types = [tf.zeros_like(segment) for segment in segments]
    if second is not None:
        segments += [second, column + sep_id]
        types += [tf.ones_like(segment) for segment in segments[-2:]]
    return tf.concat(segments, axis=1), tf.concat(types, axis=1)


def join(first, second):
    """Puts two texts side by side without special tokens; returns ids and token types as `pack` does."""
    if second is None:
        return first, tf.zeros_like(first)
    return tf.concat([first, second], axis=1), tf.concat([tf.zeros_like(first), tf.ones_like(second)], axis=1)


def pad(rows, value, width=None):
    """Turns ragged rows into a rectangle.

    Args:
        rows: ragged (batch, None).
        value: fills the right of shorter rows.
        width: columns of the result, a Python integer that no row exceeds; None takes the longest row.

    Returns:
        Dense (batch, width).
    """
    if width is None:
        longest = tf.where(rows.nrows() > 0, rows.bounding_shape(axis=1), WIDTH_OF_NO_ROWS)
        return rows.to_tensor(value, shape=tf.stack([rows.nrows(), longest]))
    return rows.to_tensor(value, shape=[None, width])
