"""What counts as text: strings in any of the forms that callers hold them."""

import tensorflow as tf

from rembert_tf.errors import InputError


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
        value = _constant(value, name)
    if value.dtype != tf.string:
        raise InputError(f"{name} must hold strings, not {value.dtype.name}.")
    if value.shape.rank not in (0, 1):
        raise InputError(f"{name} must be a text or a list of texts, not an array of shape {value.shape}.")
    single = value.shape.rank == 0
    texts = tf.reshape(value, [-1])
    if like is not None and tf.executing_eagerly() and len(texts) != len(like):
        raise InputError(f"{name} has {len(texts)} rows, but text has {len(like)}.")
    return texts, single


def _constant(value, name):
    if isinstance(value, (str, bytes)):
        return tf.constant(_encoded(value, name))
    # A mapping or a set iterates too, but not over rows in their order.
    if not hasattr(value, "__iter__") or isinstance(value, (dict, set, frozenset)) or getattr(value, "ndim", 1) == 0:
        raise InputError(f"{name} must be a string or a list of strings, not {value!r}.")
    rows = [_encoded(entry, f"{name}[{row}]") for row, entry in enumerate(value)]
    return tf.constant(rows, tf.string, shape=[len(rows)])


def _encoded(text, name):
    if not isinstance(text, (str, bytes)):
        raise InputError(f"{name} must be a string, not {text!r}.")
    try:
        return text.encode("utf-8") if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise InputError(f"{name} holds half of a surrogate pair, which no text can: {text!r}.") from None
