"""Checks that a graph makes when it runs."""

import tensorflow as tf


def guarded(value, fine, message, *shown):
    """Returns a tensor that can be had only while a condition holds.

    The operations of a graph run in any order. Where a wrong value also makes a later operation fail, a check
    beside it may come second, and the message be that operation's: what comes later must use what is returned.

    Args:
        value: a tensor, or a ragged one.
        fine: booleans of any shape; all must hold.
        message: what the error says otherwise.
        *shown: tensors whose first values it adds.

    Raises:
        tf.errors.InvalidArgumentError: when the graph runs.
    """
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(fine), [message, *shown])]):
        if isinstance(value, tf.RaggedTensor):
            return value.with_flat_values(tf.identity(value.flat_values))
        return tf.identity(value)
