"""A model with a head on the encoder and a loss of its own."""

from keras import ops

from rembert_tf.models.pretrained import PretrainedModel

IGNORED_LABEL = -100


class TaskModel(PretrainedModel):
    """Adds what all heads share: `model.compile(optimizer=...)` without a loss uses the head's own.

    A subclass exposes its encoder as `rembert` and defines `task_loss`.
    """

    def task_loss(self, y, y_pred, sample_weight=None):
        """Returns the head's scalar loss for labels `y` and what the call returned."""
        raise TypeError(f"{type(self).__name__} has no loss of its own: give compile() one.")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Returns the loss given to `compile`, or the head's own where none was given."""
        if self.loss is not None:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        return self.task_loss(y, y_pred, sample_weight) + sum(self.losses)


def mean_over_kept(loss, y, y_pred, kept, sample_weight=None):
    """Returns the weighted mean of a Keras loss over the entries that count; 0 where none does.

    Keras divides by all entries. Scaling the weights instead of dividing here leaves the reduction to
    Keras, which also scales it for several replicas.

    Args:
        loss: a Keras loss with its default reduction.
        y: labels, valid even where ignored.
        y_pred: predictions.
        kept: boolean, the shape of the loss before reduction.
        sample_weight: of the same shape, or None.
    """
    kept = ops.cast(kept, "float32")
    count = ops.sum(kept)
    weight = kept * (ops.cast(ops.size(kept), "float32") / ops.maximum(count, 1.0))
    if sample_weight is not None:
        weight = weight * ops.reshape(ops.cast(sample_weight, "float32"), ops.shape(kept))
    return loss(y, y_pred, sample_weight=weight)
