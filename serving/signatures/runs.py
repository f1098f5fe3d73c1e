"""Where values in a row change."""

import tensorflow as tf


def begins_run(values):
    """Returns for each of (values,) whether it is another than the one before it; the first one is."""
    return tf.concat([[True], tf.not_equal(values[1:], values[:-1])], axis=0)[: tf.size(values)]


def ends_run(begins):
    """Returns (values,) bool: whether a run ends with a value, from what `begins_run` returned."""
    return tf.concat([begins[1:], [True]], axis=0)[: tf.size(begins)]
