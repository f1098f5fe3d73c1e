"""How weights start when no checkpoint provides them."""

import math

import keras
from keras import ops

from rembert_tf.native_log import keep_to_log_level

LARGE = 2**24  # entries from which a tensor's temporaries matter


def new_weight(config):
    """Returns the initializer of tables and kernels: a normal cut off at two standard deviations."""
    return NewWeight(stddev=config.initializer_range)


@keras.saving.register_keras_serializable("rembert_tf")
class NewWeight(keras.initializers.TruncatedNormal):
    """Keras' truncated normal, of which a large tensor exists only once while it is made.

    Drawn operation by operation, the output table of the released size would take three times its 1.67 GB.
    """

    def __call__(self, shape, dtype=None):
        def draw():
            return super(NewWeight, self).__call__(shape, dtype)

        return draw() if math.prod(shape) < LARGE else _as_one_program(draw)


def _as_one_program(draw):
    """Runs a function without arguments as one compiled program, whose operations share their memory."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        keep_to_log_level()
        return tf.function(draw, jit_compile=True, autograph=False)() if tf.executing_eagerly() else draw()
    if backend == "jax":
        import jax

        return jax.jit(draw)()
    return draw()


def zero_row(row, initializer):
    """Returns an initializer that sets one row of a table to zero, as the reference does for padding."""
    return initializer if row is None else ZeroRow(row, initializer)


@keras.saving.register_keras_serializable("rembert_tf")
class ZeroRow(keras.initializers.Initializer):
    """Wraps another initializer and clears one row of what it returns.

    Args:
        row: index of the row to clear.
        initializer: fills the rest.
    """

    def __init__(self, row, initializer):
        self.row = row
        self.initializer = keras.initializers.get(initializer)

    def __call__(self, shape, dtype=None):
        values = self.initializer(shape, dtype=dtype)
        is_row = ops.equal(ops.arange(shape[0]), self.row)[:, None]
        return ops.where(is_row, ops.zeros_like(values), values)

    def get_config(self):
        return {"row": self.row, "initializer": keras.saving.serialize_keras_object(self.initializer)}

    @classmethod
    def from_config(cls, config):
        return cls(config["row"], keras.saving.deserialize_keras_object(config["initializer"]))
