"""What the two language models share: the head, and a loss that never forms all logits."""

import contextlib
import contextvars

import keras
from keras import ops

from rembert_tf.layers.lm_head import LanguageModelHead
from rembert_tf.models.labels import IGNORED_LABEL, checked_labels, one_per_position
from rembert_tf.models.rembert_model import RemBertModel
from rembert_tf.models.task_model import TaskModel, class_loss, weights_over_kept
from rembert_tf.models.vocabulary_loss import vocabulary_loss

# Whether the loss follows at once. It then takes the states that the output embedding would score.
_LOSS_FOLLOWS = contextvars.ContextVar("loss_follows", default=False)


class LanguageModel(TaskModel):
    """An encoder without pooler under a language model head.

    In `fit` and `evaluate`, with the head's own loss and without metrics, logits are formed for a chunk of
    positions at a time. Everywhere else the model returns them.

    Args:
        config: a RemBertConfig.
        **kwargs: `name`, `dtype` and `trainable`, as of any Keras model.
    """

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        self.rembert = RemBertModel(config, add_pooling_layer=False, dtype=self.dtype_policy, name="rembert")
        self.lm_head = LanguageModelHead(config, dtype=self.dtype_policy, name="lm_head")
        self.lm_head.build()
        self._has_metrics = False
        self.built = True

    def scores(self, hidden):
        """Returns logits (..., vocab_size), or, where the loss follows at once, the states that have them."""
        states = self.lm_head(hidden)
        return states if _LOSS_FOLLOWS.get() else self.lm_head.decoder(states)

    def compile(self, *args, metrics=None, weighted_metrics=None, **kwargs):
        """Configures training as in Keras; without a loss the head's own is used, a chunk at a time."""
        self._has_metrics = bool(metrics or weighted_metrics)
        super().compile(*args, metrics=metrics, weighted_metrics=weighted_metrics, **kwargs)

    def train_step(self, *args, **kwargs):
        with self._loss_follows():
            return super().train_step(*args, **kwargs)

    def test_step(self, *args, **kwargs):
        with self._loss_follows():
            return super().test_step(*args, **kwargs)

    @contextlib.contextmanager
    def _loss_follows(self):
        token = _LOSS_FOLLOWS.set(self.loss is None and not self._has_metrics)
        try:
            yield
        finally:
            _LOSS_FOLLOWS.reset(token)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if self.loss is None and _LOSS_FOLLOWS.get():
            return self._loss_of_states(*self.aligned(y, y_pred, sample_weight)) + self.further_losses()
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def check_label_values(self, labels, name, x):
        checked_labels(labels, self.config.vocab_size, name)

    def task_loss(self, y, y_pred, sample_weight=None):
        """Returns the scalar loss.

        Args:
            y: (batch, length) piece numbers, -100 where there is nothing to learn.
            y_pred: (batch, length, vocab_size) logits.
            sample_weight: (batch,), of y's shape, or None.
        """
        return class_loss(*self.aligned(y, y_pred, sample_weight))

    def aligned(self, y, y_pred, sample_weight):
        """Returns labels, what was predicted for each, and weights (batch, positions) or None.

        Args:
            y: (batch, positions) labels.
            y_pred: (batch, positions, ...) logits or states.
            sample_weight: (batch,), of y's shape, or None.
        """
        y = one_per_position(y, y_pred, f"{type(self).__name__}")
        if sample_weight is not None:
            rows = ops.reshape(sample_weight, (ops.shape(y)[0], -1))
            sample_weight = ops.broadcast_to(rows, ops.shape(y))
        return y, y_pred, sample_weight

    def _loss_of_states(self, y, states, sample_weight):
        y = checked_labels(y, self.config.vocab_size, "y")
        kept = ops.not_equal(y, IGNORED_LABEL)
        total = vocabulary_loss(
            ops.reshape(states, (-1, self.config.output_embedding_size)),
            ops.reshape(ops.where(kept, y, ops.zeros_like(y)), (-1,)),
            ops.reshape(weights_over_kept(kept, sample_weight), (-1,)),
            ops.convert_to_tensor(self.lm_head.decoder.embeddings),
            ops.convert_to_tensor(self.lm_head.decoder.bias),
            compute_dtype=self.compute_dtype,
            with_xla=self.jit_compile,
        )
        # One entry through a Keras loss: that scales it for several replicas.
        return LossesThemselves()(ops.zeros((1,)), total[None])


class LossesThemselves(keras.losses.Loss):
    """The predictions are the losses."""

    def call(self, y_true, y_pred):
        return y_pred
