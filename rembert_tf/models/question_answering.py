"""RemBertForQuestionAnswering: where in the text the answer begins and ends."""

import keras
from keras import ops

from rembert_tf.errors import InputError
from rembert_tf.layers.initializers import new_weight
from rembert_tf.models.labels import IGNORED_LABEL, checked_labels, one_per_row
from rembert_tf.models.pretrained import head_policy
from rembert_tf.models.rembert_model import RemBertModel
from rembert_tf.models.task_model import TaskModel, class_loss

POSITIONS = ("start_positions", "end_positions")


@keras.saving.register_keras_serializable("rembert_tf")
class RemBertForQuestionAnswering(TaskModel):
    """An extractive reader: two scores for every position.

    Without a loss in `compile`, the loss is the mean of two cross-entropies over the positions. A position
    at or beyond the end of the input is ignored, and so is -100; the reference counts -100 as position 0.

    Args:
        config: a RemBertConfig; `num_labels` must be 2, its default.
        **kwargs: `name`, `dtype` and `trainable`, as of any Keras model.

    Raises:
        InputError: `num_labels` is not 2.
    """

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        if config.num_labels != 2:
            raise InputError(f"question answering has 2 outputs, start and end, but num_labels is {config.num_labels}.")
        self.rembert = RemBertModel(config, add_pooling_layer=False, dtype=self.dtype_policy, name="rembert")
        self.qa_outputs = keras.layers.Dense(
            2, kernel_initializer=new_weight(config), dtype=head_policy(self.dtype_policy), name="qa_outputs"
        )
        self.qa_outputs.build((None, config.hidden_size))
        self.built = True

    def call(self, inputs, training=False):
        """Returns a dictionary of `start_logits` and `end_logits`, (batch, length) each.

        Args:
            inputs: dictionary, as `RemBertModel.call` takes it.
            training: whether dropout is active.
        """
        logits = self.qa_outputs(self.rembert(inputs, training=training)["last_hidden_state"])
        return {"start_logits": logits[:, :, 0], "end_logits": logits[:, :, 1]}

    def check_arrays(self, x, y=None):
        if self.loss is None and isinstance(x, dict) and y is not None:
            _check_names(y)
        super().check_arrays(x, y)

    def check_label_values(self, labels, name, x):
        checked_labels(one_per_row(labels, name, "position"), None, name)

    def task_loss(self, y, y_pred, sample_weight=None):
        """Returns the scalar loss.

        Args:
            y: dictionary with `start_positions` and `end_positions`, (batch,) or (batch, 1) each.
            y_pred: what the call returned.
            sample_weight: (batch,) or None.
        """
        _check_names(y)
        losses = [
            self._position_loss(name, y[name], y_pred[logits], sample_weight)
            for name, logits in zip(POSITIONS, ("start_logits", "end_logits"), strict=True)
        ]
        return (losses[0] + losses[1]) / 2.0

    def label_count(self, y):
        """Returns how many labels a batch's loss is the mean of: half of it is over starts, half over ends."""
        return sum(super(RemBertForQuestionAnswering, self).label_count(y[name]) for name in POSITIONS) / 2

    def _position_loss(self, name, positions, logits, sample_weight):
        positions = checked_labels(one_per_row(positions, name, "position"), None, name)
        inside = positions < ops.cast(ops.shape(logits)[1], positions.dtype)
        positions = ops.where(inside, positions, ops.full_like(positions, IGNORED_LABEL))
        return class_loss(positions, logits, sample_weight, name)


def _check_names(y):
    if not isinstance(y, dict) or sorted(y) != sorted(POSITIONS):
        raise InputError(f"question answering needs a dictionary with {' and '.join(POSITIONS)} as labels.")
