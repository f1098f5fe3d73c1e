"""Float32 as references count it, also on a GPU."""

import contextlib

import keras


@contextlib.contextmanager
def exact_float32():
    """Multiplies float32 matrices with all bits of both while it is open.

    GPUs since Ampere multiply in TF32 unless told otherwise, which keeps ten bits of a mantissa: fast, good enough for
    training, and too coarse to tell a right model from a wrong one. docs/benchmarks.md has how far it is off.
    """
    if keras.backend.backend() == "jax":
        import jax

        with jax.default_matmul_precision("highest"):
            yield
        return
    import tensorflow as tf

    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)
