"""Optimizers whose gradients are summed over all replicas before they see them."""


class SummedGradients:
    """Mixed into a Keras optimizer, before it: `apply` is given sums over the replicas of a `tf.distribute` strategy.

    Keras sums within `apply`, after it has clipped: each replica would clip the gradients of its own rows, and a
    step on two devices would not be that on one. A `TaskModel` sums first where it sees this class.
    """

    takes_summed_gradients = True

    def _all_reduce_sum_gradients(self, grads_and_vars):
        # Keras' own name (3.15), which TensorFlow's optimizers alone have. Should it change, sums are summed again,
        # which the tests of equality with one device notice.
        return grads_and_vars
