"""A model with a head on the encoder and a loss of its own."""

import contextlib
import contextvars
import inspect

import keras
from keras import ops

from rembert_tf.errors import InputError
from rembert_tf.layers.dropout import Dropout
from rembert_tf.layers.initializers import new_weight
from rembert_tf.models.labels import IGNORED_LABEL, checked_labels
from rembert_tf.models.micro_batches import require_tensorflow, shared_test_step, shared_train_step
from rembert_tf.models.pretrained import PretrainedModel, head_policy
from rembert_tf.replicas import first_local_batch, reducible, replica_count

# What `class_loss` spreads of each label over all classes.
_SMOOTHING = contextvars.ContextVar("label_smoothing", default=0.0)


class TaskModel(PretrainedModel):
    """A `PretrainedModel` with what all heads share: `model.compile(optimizer=...)` without a loss uses the head's own.

    A subclass exposes its encoder as `rembert` and defines `task_loss`.

    Attributes:
        micro_batches: parts into which a training step cuts its batch, to need less memory.
        label_smoothing: share of a class label that training spreads over all classes; 0 none.
    """

    micro_batches = 1
    label_smoothing = 0.0

    def compile(self, optimizer="rmsprop", loss=None, *args, **kwargs):
        """Configures training as in Keras; without a loss, or with `model.compute_loss`, the head's own is used."""
        if inspect.ismethod(loss) and loss.__self__ is self and loss.__name__ == "compute_loss":
            loss = None
        super().compile(optimizer, loss, *args, **kwargs)

    def compile_from_config(self, config):
        """Compiles a model that was loaded as the saved one was; Keras does so only where `compile` is its own."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)

    def train_step(self, *args):
        """Trains on one batch, as `fit` does for each; JAX hands over its state before the batch."""
        if self.micro_batches > 1:
            require_tensorflow()
        elif not self._shares_batches():
            return reducible(super().train_step(*args))
        return reducible(shared_train_step(self, *args, parts=self.micro_batches))

    def test_step(self, *args):
        """Evaluates one batch, as `evaluate` does for each; JAX hands over its state before the batch."""
        if not self._shares_batches():
            return reducible(super().test_step(*args))
        return reducible(shared_test_step(self, *args))

    def _shares_batches(self):
        """Whether replicas must weigh their losses: a loss given to `compile` is averaged over them, as in Keras."""
        return self.loss is None and replica_count() > 1

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # Keras' own name (3.15): what `fit` and `evaluate` do before the first step, where the model has a strategy.
        if iterator is None or self._distribute_strategy is None:
            return super()._maybe_symbolic_build(iterator, data_batch)
        with self._distribute_strategy.scope():
            return self._symbolic_build(data_batch=first_local_batch(self._distribute_strategy, iterator))

    def label_count(self, y):
        """Returns how many labels a batch's loss is the mean of."""
        y = ops.convert_to_tensor(y)
        if "float" in keras.backend.standardize_dtype(y.dtype):
            return ops.shape(y)[0]
        return ops.count_nonzero(ops.not_equal(y, IGNORED_LABEL))

    def task_loss(self, y, y_pred, sample_weight=None):
        """Returns the head's scalar loss for labels `y` and what the call returned."""
        raise TypeError(f"{type(self).__name__} has no loss of its own: give compile() one.")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Returns the loss given to `compile`, or the head's own where none was given."""
        if self.loss is not None:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        if isinstance(y, dict) and y.keys() == {"labels"}:
            raise InputError('y is a dictionary of labels: give the labels themselves, y["labels"].')
        if training and self.label_smoothing:
            with smoothed(self.label_smoothing):
                return self.task_loss(y, y_pred, sample_weight) + self.further_losses()
        return self.task_loss(y, y_pred, sample_weight) + self.further_losses()

    def further_losses(self):
        """Returns the sum of what layers added to the loss, divided by the replicas as Keras' losses are."""
        return sum(self.losses) / replica_count()

    def check_arrays(self, x, y=None):
        super().check_arrays(x, y)
        if self.loss is None and y is not None and isinstance(x, dict):
            for name, labels in y.items() if isinstance(y, dict) else [("y", y)]:
                if hasattr(labels, "dtype"):
                    self.check_label_values(labels, name, x)

    def check_label_values(self, labels, name, x):
        """Raises an InputError for labels that no class has.

        Args:
            labels: array.
            name: what it is called in messages.
            x: the inputs, a dictionary of arrays.
        """

    def add_classifier(self, outputs):
        """Makes the layers `dropout` and `classifier`, a Dense from the hidden width to some outputs."""
        policy = head_policy(self.dtype_policy)
        self.dropout = Dropout(self.config.classifier_dropout_prob, dtype=policy, name="dropout")
        self.classifier = keras.layers.Dense(
            outputs, kernel_initializer=new_weight(self.config), dtype=policy, name="classifier"
        )
        self.classifier.build((None, self.config.hidden_size))


def class_loss(y, logits, sample_weight=None, name="y"):
    """Returns the mean cross-entropy of class numbers over those that are not -100; 0 where all are.

    Args:
        y: integers (...), from 0 to classes - 1, or -100.
        logits: (..., classes).
        sample_weight: (batch,) or of y's shape, or None.
        name: what `y` is called in messages.
    """
    y = checked_labels(y, logits.shape[-1], name)
    kept = ops.not_equal(y, IGNORED_LABEL)
    smoothing = _SMOOTHING.get()
    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss = SmoothedCrossentropy(smoothing) if smoothing else plain
    # With labels (..., 1): from logits of a single class Keras would otherwise take the class axis away.
    labels = ops.where(kept, y, ops.zeros_like(y))[..., None]
    return mean_over_kept(loss, labels, logits, kept, sample_weight)


@contextlib.contextmanager
def smoothed(share):
    """Within it, `class_loss` spreads this share of each label over all classes."""
    token = _SMOOTHING.set(share)
    try:
        yield
    finally:
        _SMOOTHING.reset(token)


class SmoothedCrossentropy(keras.losses.Loss):
    """Cross-entropy of class numbers (..., 1) whose certainty is spread over all classes.

    Args:
        share: of a label that goes to all classes alike, its own included.
    """

    def __init__(self, share):
        super().__init__()
        self._share = share

    def call(self, y_true, y_pred):
        scores = ops.log_softmax(y_pred)
        own = ops.take_along_axis(scores, ops.cast(y_true, "int32"), axis=-1)[..., 0]
        return -(1.0 - self._share) * own - self._share * ops.mean(scores, axis=-1)


def mean_over_kept(loss, y, y_pred, kept, sample_weight=None):
    """Returns the weighted mean of a Keras loss over the entries that count; 0 where none does.

    Keras divides by all entries. Scaling the weights instead of dividing here leaves the reduction to
    Keras, which also scales it for several replicas.

    Args:
        loss: a Keras loss with its default reduction.
        y: labels, valid even where ignored.
        y_pred: predictions.
        kept: boolean, the shape of the loss before reduction.
        sample_weight: of the same shape, or (batch,), or None.
    """
    weight = weights_over_kept(kept, sample_weight)
    return loss(y, y_pred, sample_weight=weight * ops.cast(ops.size(kept), "float32"))


def weights_over_kept(kept, sample_weight=None):
    """Returns each entry's share in a mean over the entries that count, times its weight.

    Args:
        kept: boolean (batch,) or (batch, positions).
        sample_weight: of the same shape, or (batch,), or None.
    """
    kept = ops.cast(kept, "float32")
    weight = kept / ops.maximum(ops.sum(kept), 1.0)
    if sample_weight is None:
        return weight
    # (batch,) becomes (batch, 1) beside positions. Its rank is not looked at: some graphs don't know it.
    shape = (-1,) if len(kept.shape) == 1 else (ops.shape(kept)[0], -1)
    return weight * ops.reshape(ops.cast(sample_weight, "float32"), shape)
