"""AdamW that updates large tables without temporary copies of them."""

import math

import keras

# Entries from which a variable is decayed after its update: by then its gradient has made room for a temporary tensor.
LARGE = 2**24


@keras.saving.register_keras_serializable("rembert_tf")
class InPlaceAdamW(keras.optimizers.AdamW):
    """Keras' AdamW with the same numbers, settings and state, but in less memory on TensorFlow.

    Keras writes a step as operations on whole tensors, whose intermediate results take as much as two more copies of
    the largest variable. Here TensorFlow's own kernel changes a variable and its two averages in place, and the
    gradients' norm is taken without squares of them. On other backends, for other types than float32 and with
    `amsgrad`, this is Keras' AdamW as it is.

    Args: as of `keras.optimizers.AdamW`.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Updates a variable and its averages.

        Args:
            gradient: tensor of the variable's shape, or `tf.IndexedSlices`, which clipping would have made dense.
            variable: that `build` was given; with TensorFlow the one behind Keras'.
            learning_rate: scalar.
        """
        if not self._in_place(variable):
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        sparse = _is_sparse(gradient)
        share = tf.cast(self.learning_rate, tf.float32) * (self.weight_decay if self._decays(variable) else 0.0)
        late = self._decays(variable) and math.prod(variable.shape) >= LARGE and not sparse
        if self._decays(variable) and not late:
            # Not before there are gradients: while these are computed the old weights are in use, and an update that
            # does not wait for them makes a copy.
            with tf.control_dependencies([gradient.values if sparse else gradient]):
                variable.assign_sub(variable * share)
        if sparse:
            # Of rows that occur twice Keras averages the squares one by one: it is left to that.
            super().update_step(gradient, variable, learning_rate)
            return
        # v (1 - share) - step, as Keras computes it, is (v - step / (1 - share)) (1 - share).
        self._apply_kernel(gradient, variable, learning_rate / (1.0 - share) if late else learning_rate)
        if late:
            variable.assign_sub(variable * share)

    def _apply_kernel(self, gradient, variable, learning_rate):
        import tensorflow as tf

        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.constant(self.beta_1, tf.float32), step),
            beta2_power=tf.pow(tf.constant(self.beta_2, tf.float32), step),
            lr=tf.cast(learning_rate, tf.float32) * _kernel_correction(self.beta_2, step),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, tf.float32),
            use_locking=True,
        )

    # The next two are private to Keras (3.15). By other names there, clipping would take more memory, and weights would
    # decay twice: tests/training/test_in_place_adamw.py would tell.

    def _clip_gradients(self, grads):
        if not self.global_clipnorm or keras.backend.backend() != "tensorflow":
            return super()._clip_gradients(grads)
        return _clipped(grads, self.global_clipnorm)

    def _apply_weight_decay(self, variables):
        super()._apply_weight_decay([each for each in variables if not self._in_place(each)])

    def _in_place(self, variable):
        dtype = keras.backend.standardize_dtype(variable.dtype)
        return keras.backend.backend() == "tensorflow" and dtype == "float32" and not self.amsgrad

    def _decays(self, variable):
        return bool(self.weight_decay) and self._use_weight_decay(variable)


def _kernel_correction(beta_2, step):
    """Returns what the kernel's step must be multiplied with to be Keras'.

    An average of squares takes in 1 - beta_2 of each. The kernel computes that in float32, where it is off by 1e-5.
    What this does to an average that began at 0 is known, and undone.

    Args:
        beta_2: a number.
        step: scalar, float32; 1 at the first.
    """
    import numpy as np
    import tensorflow as tf

    taken = np.float32(1.0) - np.float32(beta_2), np.float32(1.0 - beta_2)
    of_kernel, of_keras = (tf.math.expm1(step * float(np.log1p(-np.float64(each)))) for each in taken)
    return tf.sqrt(of_kernel / of_keras)


def _clipped(gradients, most):
    """Returns gradients whose norm together is at most `most`, scaled as Keras does.

    Args:
        gradients: list of tensors and `tf.IndexedSlices`.
        most: a positive number.
    """
    import tensorflow as tf

    def half_square(gradient):
        # In one pass, without a tensor of squares. Keras, too, does not sum up rows that occur twice before that.
        return tf.nn.l2_loss(tf.cast(gradient.values if _is_sparse(gradient) else gradient, tf.float32))

    norm = tf.sqrt(2.0 * tf.add_n([half_square(each) for each in gradients]))
    # A norm that is no number makes all gradients such, as in Keras.
    scale = most * tf.minimum(1.0 / norm, 1.0 / most) + (norm - norm)
    return [tf.convert_to_tensor(each) * tf.cast(scale, each.dtype) for each in gradients]


def _is_sparse(gradient):
    import tensorflow as tf

    return isinstance(gradient, tf.IndexedSlices)
