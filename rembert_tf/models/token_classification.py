"""RemBertForTokenClassification: a label for every position."""

import keras

from rembert_tf.models.labels import checked_labels, one_per_position
from rembert_tf.models.rembert_model import RemBertModel
from rembert_tf.models.task_model import TaskModel, class_loss


@keras.saving.register_keras_serializable("rembert_tf")
class RemBertForTokenClassification(TaskModel):
    """A classifier of every position, for entities or parts of speech.

    Without a loss in `compile`, the loss is the cross-entropy of the labels that are not -100. The attention
    mask has no part in it: a padded position counts when it is labelled, as in the reference.

    Args:
        config: a RemBertConfig; `num_labels` is the number of classes.
        **kwargs: `name`, `dtype` and `trainable`, as of any Keras model.
    """

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        self.rembert = RemBertModel(config, add_pooling_layer=False, dtype=self.dtype_policy, name="rembert")
        self.add_classifier(config.num_labels)
        self.built = True

    def call(self, inputs, training=False):
        """Returns logits (batch, length, num_labels).

        Args:
            inputs: dictionary, as `RemBertModel.call` takes it.
            training: whether dropout is active.
        """
        hidden = self.rembert(inputs, training=training)["last_hidden_state"]
        return self.classifier(self.dropout(hidden, training=training))

    def check_label_values(self, labels, name, x):
        checked_labels(labels, self.config.num_labels, name)

    def task_loss(self, y, y_pred, sample_weight=None):
        """Returns the scalar loss.

        Args:
            y: (batch, length) class numbers, -100 where there is nothing to learn.
            y_pred: (batch, length, num_labels) logits.
            sample_weight: (batch,), (batch, length) or None.
        """
        return class_loss(one_per_position(y, y_pred, "token classification"), y_pred, sample_weight)
