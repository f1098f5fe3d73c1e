"""RemBertForSequenceClassification: one label, several labels or numbers for a text or a pair."""

import keras
from keras import ops

from rembert_tf.errors import InputError
from rembert_tf.models.labels import checked_labels, known_shape, one_per_row
from rembert_tf.models.rembert_model import RemBertModel
from rembert_tf.models.task_model import TaskModel, class_loss


@keras.saving.register_keras_serializable("rembert_tf")
class RemBertForSequenceClassification(TaskModel):
    """A classifier or regressor on the pooled first token.

    Without a loss in `compile`, the loss follows `config.problem_type`, or, where that is None, the
    labels: one output means mean squared error, integer labels cross-entropy (label -100 is ignored),
    float labels binary cross-entropy of every entry.

    Args:
        config: a RemBertConfig; `num_labels` is the number of outputs.
        **kwargs: `name`, `dtype` and `trainable`, as of any Keras model.
    """

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        self.rembert = RemBertModel(config, dtype=self.dtype_policy, name="rembert")
        self.add_classifier(config.num_labels)
        self.built = True

    def call(self, inputs, training=False):
        """Returns logits (batch, num_labels).

        Args:
            inputs: dictionary, as `RemBertModel.call` takes it.
            training: whether dropout is active.
        """
        pooled = self.rembert(inputs, training=training)["pooler_output"]
        return self.classifier(self.dropout(pooled, training=training))

    def problem_type(self, labels):
        """Returns the kind of problem that labels of this dtype make, by the reference's rules.

        Args:
            labels: tensor or array.
        """
        if self.config.problem_type is not None:
            return self.config.problem_type
        if self.config.num_labels == 1:
            return "regression"
        is_float = "float" in keras.backend.standardize_dtype(labels.dtype)
        return "multi_label_classification" if is_float else "single_label_classification"

    def check_label_values(self, labels, name, x):
        if self.problem_type(labels) == "single_label_classification":
            checked_labels(labels, self.config.num_labels, name)

    def task_loss(self, y, y_pred, sample_weight=None):
        """Returns the scalar loss.

        Args:
            y: (batch,) or (batch, 1) class numbers; (batch, num_labels) for several labels; numbers of
                the shape of the logits (or (batch,) for one output) for regression.
            y_pred: (batch, num_labels) logits.
            sample_weight: (batch,) or None.
        """
        y = ops.convert_to_tensor(y)
        problem_type = self.problem_type(y)
        if problem_type == "single_label_classification":
            return self._single_label_loss(y, y_pred, sample_weight)
        y = ops.cast(y, y_pred.dtype)
        y = ops.reshape(y, (-1, 1)) if self.config.num_labels == 1 else y
        shape = known_shape(y)
        if shape is not None and (len(shape) != 2 or shape[1] not in (None, self.config.num_labels)):
            raise InputError(
                f"{problem_type} with {self.config.num_labels} labels needs y of shape "
                f"(batch, {self.config.num_labels}), not {shape}."
            )
        if problem_type == "regression":
            loss = keras.losses.MeanSquaredError()
        else:
            loss = keras.losses.BinaryCrossentropy(from_logits=True)
        return loss(y, y_pred, sample_weight=sample_weight)

    def _single_label_loss(self, y, y_pred, sample_weight):
        hint = "; several labels a row are floats, or need problem_type='multi_label_classification'"
        return class_loss(one_per_row(y, "single_label_classification", hint=hint), y_pred, sample_weight)
