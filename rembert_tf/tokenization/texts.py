"""Texts as TensorFlow strings."""

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.tokenization.text_checks import check_same_rows, utf8_texts, utf8_words


def as_texts(value, name, like=None):
    """Returns a (batch,) string tensor, and whether the value was a single text.

    Args:
        value: a string, a sequence or array of strings, or a string tensor of rank 0 or 1.
        name: of the argument, for messages.
        like: (batch,) texts that must have as many rows, or None.

    Raises:
        InputError: an entry is not a string (its position is named), the rank is above 1, or the number
            of rows differs from `like`.
    """
    if not tf.is_tensor(value):
        rows, single = utf8_texts(value, name)
        value = tf.constant(rows[0] if single else rows, tf.string, shape=[] if single else [len(rows)])
    _check_strings(value, name)
    if value.shape.rank not in (0, 1):
        raise InputError(f"{name} must be a text or a list of texts, not an array of shape {value.shape}.")
    single = value.shape.rank == 0
    texts = tf.reshape(value, [-1])
    if like is not None and tf.executing_eagerly():
        check_same_rows(name, len(texts), len(like))
    return texts, single


def as_words(value, name="words"):
    """Returns texts cut into words as a ragged (batch, None) string tensor, and whether it was a single one.

    Args:
        value: the words of a text, or a batch of such lists: sequences, or a string tensor of rank 1, or a
            ragged or dense one of rank 2; in a dense one empty strings after the last word are none.
        name: of the argument, for messages.

    Raises:
        InputError: a word is not a string (its position is named), or the rank is another.
    """
    if not tf.is_tensor(value):
        rows, single = utf8_words(value, name)
        flat = tf.constant([word for words in rows for word in words], tf.string, shape=[sum(map(len, rows))])
        lengths = tf.constant([len(words) for words in rows], tf.int64, shape=[len(rows)])
        return tf.RaggedTensor.from_row_lengths(flat, lengths), single
    _check_strings(value, name)
    if value.shape.rank not in (1, 2):
        raise InputError(f"{name} must be a list of words or a batch of them, not an array of shape {value.shape}.")
    if isinstance(value, tf.RaggedTensor):
        return value.with_row_splits_dtype(tf.int64), False
    if value.shape.rank == 1:
        return tf.RaggedTensor.from_tensor(value[tf.newaxis], row_splits_dtype=tf.int64), True
    return tf.RaggedTensor.from_tensor(value, padding="", row_splits_dtype=tf.int64), False


def _check_strings(value, name):
    if value.dtype != tf.string:
        raise InputError(f"{name} must hold strings, not {value.dtype.name}.")
