"""How fast TensorFlow multiplies two matrices: what bounds every other figure."""

import tensorflow as tf


def multiply(shapes, dtypes):
    """Returns cases named `DTYPE NxKxM`, one product each, through the operations that read a matrix as it lies.

    Args:
        shapes: list of (n, k, m).
        dtypes: names of the number types.
    """
    cases = {}
    for dtype in dtypes:
        for n, k, m in shapes:
            a = tf.cast(tf.random.normal([n, k], seed=1), dtype)
            b = tf.cast(tf.random.normal([k, m], seed=2), dtype)
            for name, operation in (("MatMul", tf.linalg.matmul), ("Einsum", einsum)):
                product = tf.function(operation, autograph=False)
                cases[f"{dtype} {n}x{k}x{m} {name}"] = lambda run=product, a=a, b=b: run(a, b)
    return cases


def einsum(a, b):
    return tf.einsum("nk,km->nm", a, b)
