"""A training step in parts and on replicas: gradients of pieces of a batch are added up, then applied once."""

import functools

import keras

from rembert_tf.errors import InputError
from rembert_tf.replicas import replica_count, summed, summed_gradients


def shared_train_step(model, data, parts=1):
    """Trains on one batch, or on one replica's rows of it, and returns the metrics' results, as `train_step` does.

    The step equals that of the whole batch on one device but for rounding: the loss of each part and replica counts
    by its share of labels.

    Args:
        model: a TaskModel, compiled.
        data: what `fit` hands to `train_step`.
        parts: into how many parts a replica's rows are cut.
    """
    import tensorflow as tf

    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    rows, total, all_rows = _counts(model, x, y)
    bounds = [rows * part // parts for part in range(parts + 1)]
    variables = model.trainable_weights
    gradients, loss = None, 0.0
    for begin, end in zip(bounds, bounds[1:], strict=False):
        piece = (x, y, sample_weight)
        if parts > 1:
            piece = tf.nest.map_structure(functools.partial(_rows, begin=begin, end=end), piece)
        with tf.GradientTape() as tape:
            outputs = model(piece[0], training=True)
            part_loss = _share_of_loss(model, *piece, outputs, total, training=True)
            scaled = model.optimizer.scale_loss(part_loss)
        gradients = _added(gradients, tape.gradient(scaled, variables))
        loss += part_loss
        model.compute_metrics(piece[0], piece[1], outputs, piece[2])
    gradients = summed_gradients(gradients, model.optimizer)
    model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return _tracked(model, loss, all_rows)


def shared_test_step(model, data):
    """Evaluates one replica's rows of a batch, and returns the metrics' results, as `test_step` does.

    Args:
        model: a TaskModel, compiled.
        data: what `evaluate` hands to `test_step`.
    """
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    _, total, all_rows = _counts(model, x, y)
    outputs = model(x, training=False)
    loss = _share_of_loss(model, x, y, sample_weight, outputs, total, training=False)
    model.compute_metrics(x, y, outputs, sample_weight)
    return _tracked(model, loss, all_rows)


def _counts(model, x, y):
    """Returns the rows of this replica, and labels and rows of the whole batch as float32."""
    import tensorflow as tf

    rows = tf.shape(tf.nest.flatten(x)[0])[0]
    own = tf.stack([tf.cast(model.label_count(y), "float32"), tf.cast(rows, "float32")])
    labels, all_rows = tf.unstack(summed([own])[0])
    return rows, tf.maximum(labels, 1.0), all_rows


def _share_of_loss(model, x, y, sample_weight, outputs, total, training):
    """Returns the mean loss over some rows, times their share in the labels of the batch."""
    import tensorflow as tf

    share = tf.cast(model.label_count(y), "float32") / total
    # Keras' losses are divided by the replicas, as if all had as many labels.
    loss = replica_count() * model.compute_loss(x, y, outputs, sample_weight, training=training)
    return share * tf.cast(loss, "float32")


def _tracked(model, loss, all_rows):
    """Counts a batch's loss, which each replica knows a share of, and returns the metrics' results."""
    tracker = next(metric for metric in model.metrics if metric.name == "loss")
    # Every replica counts the same loss, so that what each returns is right, and what all of them counted adds up to
    # what one device would have counted.
    tracker.update_state(summed([loss])[0], sample_weight=all_rows / replica_count())
    return model.get_metrics_result()


def require_tensorflow():
    """Raises an InputError where Keras computes with another backend, whose gradients are taken in another way."""
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise InputError(f"micro_batches above 1 needs the TensorFlow backend, and Keras runs on {backend}.")


def _rows(tensor, begin, end):
    return None if tensor is None else tensor[begin:end]


def _added(sums, gradients):
    """Returns the sums of two lists of gradients; those of tables stay sparse."""
    if sums is None:
        return gradients
    return [_sum(first, second) for first, second in zip(sums, gradients, strict=True)]


def _sum(first, second):
    import tensorflow as tf

    if first is None or second is None:
        return second if first is None else first
    if isinstance(first, tf.IndexedSlices) and isinstance(second, tf.IndexedSlices):
        values = tf.concat([first.values, second.values], axis=0)
        return tf.IndexedSlices(values, tf.concat([first.indices, second.indices], axis=0), first.dense_shape)
    return tf.convert_to_tensor(first) + tf.convert_to_tensor(second)
