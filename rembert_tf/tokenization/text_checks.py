"""What counts as text: strings in any of the forms that callers hold them, as UTF-8."""

from rembert_tf.errors import InputError


def utf8_texts(value, name):
    """Returns texts as a list of bytes, and whether the value was a single text.

    Args:
        value: a string, or a sequence or array of strings; bytes are taken for UTF-8 as they are.
        name: of the argument, for messages.

    Raises:
        InputError: an entry is not a string; its position is named.
    """
    if isinstance(value, (str, bytes)):
        return [_utf8(value, name)], True
    return [_utf8(entry, f"{name}[{row}]") for row, entry in enumerate(_rows(value, name, "a string"))], False


def utf8_words(value, name="words"):
    """Returns texts cut into words as a list of lists of bytes, and whether the value was a single text.

    Args:
        value: a sequence of strings, which is one text, or a sequence of such sequences.
        name: of the argument, for messages.

    Raises:
        InputError: a word is not a string; its position is named.
    """
    if isinstance(value, (str, bytes)):
        raise InputError(f"{name} must be a list of words or a list of such lists, not {value!r}.")
    rows = list(_rows(value, name, "a list of words"))
    if rows and all(isinstance(word, (str, bytes)) for word in rows):
        return [utf8_texts(rows, name)[0]], True
    for row, words in enumerate(rows):
        if isinstance(words, (str, bytes)):
            raise InputError(f"{name}[{row}] must be a list of words, as other rows are, not {words!r}.")
    return [utf8_texts(words, f"{name}[{row}]")[0] for row, words in enumerate(rows)], False


def check_same_rows(name, rows, expected):
    """Raises an InputError unless a pair's two sides have as many rows."""
    if rows != expected:
        raise InputError(f"{name} has {rows} rows, but text has {expected}.")


def _rows(value, name, what):
    # A mapping or a set iterates too, but not over rows in their order.
    if not hasattr(value, "__iter__") or isinstance(value, (dict, set, frozenset)) or getattr(value, "ndim", 1) == 0:
        raise InputError(f"{name} must be {what} or a list of {what.split()[-1]}s, not {value!r}.")
    return value


def _utf8(text, name):
    if not isinstance(text, (str, bytes)):
        raise InputError(f"{name} must be a string, not {text!r}.")
    try:
        return text.encode("utf-8") if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise InputError(f"{name} holds half of a surrogate pair, which no text can: {text!r}.") from None
