"""What attention may see, as a bias that is added to its scores."""

import contextlib
import contextvars

import keras
import ml_dtypes
from keras import ops

# Whether a bias is computed of numbers that float16 has.
_SMALL_CONSTANTS = contextvars.ContextVar("small_constants", default=False)
_ROOT = 60000.0  # its eighth power is half of float32's largest number


@contextlib.contextmanager
def small_constants():
    """Within it, a float32 bias is made of numbers that float16 has, for graphs whose constants will be stored in it.

    A larger constant would become infinite, and a row that is masked everywhere NaN.
    """
    token = _SMALL_CONSTANTS.set(True)
    try:
        yield
    finally:
        _SMALL_CONSTANTS.reset(token)


def padding_keep(attention_mask):
    """Turns a keep-mask (batch, keys) of any dtype into booleans (batch, 1, 1, keys); non-zero is kept."""
    # Not by [:, None]: LiteRT has no slices that add axes where sizes are open.
    return ops.expand_dims(ops.cast(attention_mask, "bool"), (1, 2))


def causal_keep(length, keys, start=0):
    """Returns booleans (1, 1, length, keys): a query sees its own key and those before.

    Args:
        length: number of queries.
        keys: number of keys, a cache's included.
        start: which key belongs to the first query.
    """
    own_key = ops.arange(length, dtype="int32") + ops.cast(start, "int32")
    seen = ops.arange(keys, dtype="int32")[None, :] <= own_key[:, None]
    return ops.expand_dims(seen, (0, 1))


def additive_bias(keep, dtype):
    """Turns booleans into a bias: 0 where kept, the dtype's lowest finite number elsewhere.

    Finite, so that a row masked everywhere attends uniformly, as in the reference, and is not NaN.

    Args:
        keep: booleans of any shape.
        dtype: of the scores.
    """
    zero = ops.zeros((), dtype)
    if _SMALL_CONSTANTS.get():
        root = ops.where(keep, zero, ops.full((), _ROOT, dtype))
        for _ in range(3):
            root = ops.square(root)
        return -root
    # The dtype that was made: JAX makes float64 a float32 unless told otherwise, where float64's lowest is infinite.
    lowest = float(ml_dtypes.finfo(keras.backend.standardize_dtype(zero.dtype)).min)
    return ops.where(keep, zero, ops.full((), lowest, dtype))
