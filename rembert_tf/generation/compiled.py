"""Compiling a function of a model and tensors, on whatever backend Keras runs."""

import keras


def compiled(model, function):
    """Returns `function` compiled; it may read the model's variables and must not change them.

    Args:
        model: a Keras model.
        function: takes and returns nested tensors.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)
    if backend == "jax":
        return _compiled_by_jax(model, function)
    return function


def _compiled_by_jax(model, function):
    import jax

    def call(values, *tensors):
        # Variables are arguments: captured ones would become constants of the program.
        with keras.StatelessScope(state_mapping=list(zip(model.variables, values, strict=True))):
            return function(*tensors)

    jitted = jax.jit(call)
    return lambda *tensors: jitted([variable.value for variable in model.variables], *tensors)
