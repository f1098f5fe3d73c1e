"""A training step in parts: the gradients of a batch are added up over pieces of it, then applied once."""

import functools

import keras

from rembert_tf.errors import InputError


def micro_batched_step(model, data, parts):
    """Trains on one batch and returns the metrics' results, as `train_step` does.

    The step equals that of the whole batch but for rounding: each part's loss counts by its share of labels.

    Args:
        model: a TaskModel, compiled.
        data: what `fit` hands to `train_step`.
        parts: into how many parts the batch is cut.
    """
    import tensorflow as tf

    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    rows = tf.shape(tf.nest.flatten(x)[0])[0]
    bounds = [rows * part // parts for part in range(parts + 1)]
    total = tf.maximum(tf.cast(model.label_count(y), "float32"), 1.0)
    variables = model.trainable_weights
    gradients, loss = None, 0.0
    for begin, end in zip(bounds, bounds[1:], strict=False):
        piece = tf.nest.map_structure(functools.partial(_rows, begin=begin, end=end), (x, y, sample_weight))
        share = tf.cast(model.label_count(piece[1]), "float32") / total
        with tf.GradientTape() as tape:
            outputs = model(piece[0], training=True)
            part_loss = share * model.compute_loss(piece[0], piece[1], outputs, piece[2], training=True)
            scaled = model.optimizer.scale_loss(part_loss)
        gradients = _added(gradients, tape.gradient(scaled, variables))
        loss += part_loss
        model.compute_metrics(piece[0], piece[1], outputs, piece[2])
    model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
    tracker = next(metric for metric in model.metrics if metric.name == "loss")
    tracker.update_state(loss, sample_weight=rows)
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
