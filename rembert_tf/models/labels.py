"""Labels: which are ignored, and how impossible ones are refused."""

import keras
import numpy as np
from keras import ops

from rembert_tf.errors import InputError

IGNORED_LABEL = -100


def checked_labels(y, classes, name):
    """Returns labels, if they are class numbers or -100.

    Labels that are known are checked at once. Those of a graph that is only being traced are checked when it
    runs: there a wrong one would otherwise become NaN, or silently another class.

    Args:
        y: integers of any shape.
        classes: how many classes there are; None means that only negative labels are refused.
        name: what they are called in messages.

    Raises:
        InputError: naming the first wrong label and the limit.
    """
    limit = f"0 to {classes - 1}" if classes is not None else "0 or more"
    known = known_values(y)
    if known is not None:
        wrong = known[(known != IGNORED_LABEL) & ((known < 0) | (known >= (classes or known.max(initial=0) + 1)))]
        if wrong.size:
            raise InputError(f"{name} holds {wrong[0]}, but must be {limit}, or {IGNORED_LABEL} to be ignored.")
    elif keras.backend.backend() == "tensorflow" and not isinstance(y, keras.KerasTensor):
        return _checked_when_run(y, classes, f"{name} must be {limit}, or {IGNORED_LABEL} to be ignored.")
    return y


def one_per_row(y, name, kind="class number", hint=""):
    """Returns labels (batch,) or (batch, 1) as (batch,).

    Args:
        y: integers.
        name: what they are called in messages.
        kind: what one of them is.
        hint: ends the message.

    Raises:
        InputError: there are several labels a row.
    """
    y = ops.convert_to_tensor(y)
    shape = known_shape(y)
    if shape is not None and (len(shape) > 2 or (len(shape) == 2 and shape[1] not in (None, 1))):
        raise InputError(f"{name} needs one {kind} a row, shape (batch,), not {shape}{hint}.")
    return ops.reshape(y, (-1,))


def one_per_position(y, y_pred, what):
    """Returns labels (batch, positions) as a tensor.

    Args:
        y: integers.
        y_pred: (batch, positions, ...).
        what: needs the labels; begins the message.

    Raises:
        InputError: another rank or length.
    """
    y = ops.convert_to_tensor(y)
    shape, length = known_shape(y), y_pred.shape[1]
    if shape is None:
        return ops.reshape(y, ops.shape(y_pred)[:2])
    if len(shape) != 2 or (None not in (shape[1], length) and shape[1] != length):
        raise InputError(f"{what} needs a label for every scored position, shape (batch, {length}), not {shape}.")
    return y


def known_shape(tensor):
    """Returns a tensor's shape, or None where not even its rank is known, as in some of TensorFlow's graphs."""
    return None if getattr(tensor.shape, "rank", 0) is None else tuple(tensor.shape)


def known_values(tensor):
    """Returns a tensor's values as an array, or None while a graph is being traced."""
    if tensor is None or isinstance(tensor, keras.KerasTensor):
        return None
    try:
        return tensor.numpy() if hasattr(tensor, "numpy") else np.asarray(tensor)
    except (NotImplementedError, TypeError):  # what TensorFlow and JAX raise for a tensor being traced
        return None


def _checked_when_run(y, classes, message):
    from rembert_tf.graph_checks import guarded

    fits = (y >= 0) if classes is None else (y >= 0) & (y < classes)
    return guarded(y, fits | (y == IGNORED_LABEL), message, y)
