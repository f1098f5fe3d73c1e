"""What every reader returns, whatever precision a file has."""

import numpy as np

from rembert_tf.errors import InputError


def as_loaded(array, path, name):
    """Returns an array as float32, or as it is where it holds integers or truth values.

    Args:
        array: as a file holds it; bfloat16 as `ml_dtypes` has it.
        path: of the file, for the message.
        name: of the tensor, for the message.

    Raises:
        InputError: it holds no real numbers.
    """
    if array.dtype.kind in "iub":
        return array
    if array.dtype.kind != "f" and array.dtype.name != "bfloat16":
        raise InputError(
            f"{path!r} holds {name} as {array.dtype.name}; a weight is float16, bfloat16, float32, float64, "
            f"an integer or a truth value."
        )
    return np.asarray(array, dtype=np.float32)
