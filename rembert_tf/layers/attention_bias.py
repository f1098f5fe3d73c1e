"""What attention may see, as a bias that is added to its scores."""

import keras
import ml_dtypes
from keras import ops


def padding_keep(attention_mask):
    """Turns a keep-mask (batch, keys) of any dtype into booleans (batch, 1, 1, keys); non-zero is kept."""
    return ops.cast(attention_mask, "bool")[:, None, None, :]


def causal_keep(length, keys, start=0):
    """Returns booleans (1, 1, length, keys): a query sees its own key and those before.

    Args:
        length: number of queries.
        keys: number of keys, a cache's included.
        start: which key belongs to the first query.
    """
    own_key = ops.arange(length, dtype="int32") + ops.cast(start, "int32")
    return (ops.arange(keys, dtype="int32")[None, :] <= own_key[:, None])[None, None]


def additive_bias(keep, dtype):
    """Turns booleans into a bias: 0 where kept, the dtype's lowest finite number elsewhere.

    Finite, so that a row masked everywhere attends uniformly, as in the reference, and is not NaN.

    Args:
        keep: booleans of any shape.
        dtype: of the scores.
    """
    zero = ops.zeros((), dtype)
    # The dtype that was made: JAX makes float64 a float32 unless told otherwise, where float64's lowest is infinite.
    lowest = float(ml_dtypes.finfo(keras.backend.standardize_dtype(zero.dtype)).min)
    return ops.where(keep, zero, ops.full((), lowest, dtype))
