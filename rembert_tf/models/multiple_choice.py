"""RemBertForMultipleChoice: which of several continuations fits."""

import keras
from keras import ops

from rembert_tf.errors import InputError
from rembert_tf.models.inputs import ENCODER_INPUTS, as_tensors, check_shapes
from rembert_tf.models.labels import checked_labels, one_per_row
from rembert_tf.models.rembert_model import RemBertModel
from rembert_tf.models.task_model import TaskModel, class_loss


@keras.saving.register_keras_serializable("rembert_tf")
class RemBertForMultipleChoice(TaskModel):
    """Scores every choice of every question by itself; the softmax goes over the choices.

    Args:
        config: a RemBertConfig.
        **kwargs: `name`, `dtype` and `trainable`, as of any Keras model.
    """

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        self.rembert = RemBertModel(config, dtype=self.dtype_policy, name="rembert")
        self.add_classifier(1)
        self.built = True

    def check_inputs(self, inputs):
        """Returns the inputs as tensors (batch, choices, length), or raises an InputError."""
        tensors = as_tensors(inputs, ENCODER_INPUTS)
        for name, tensor in tensors.items():
            rank = 4 if name == "inputs_embeds" else 3
            if len(tensor.shape) != rank:
                width = ", input_embedding_size" if rank == 4 else ""
                raise InputError(f"{name} must have shape (batch, choices, length{width}), not {tuple(tensor.shape)}.")
        flat = {
            name: keras.KerasTensor((None, *tensor.shape[2:]), keras.backend.standardize_dtype(tensor.dtype))
            for name, tensor in tensors.items()
        }
        check_shapes(flat, self.config)
        return tensors

    def call(self, inputs, training=False):
        """Returns logits (batch, choices).

        Args:
            inputs: dictionary, as `RemBertModel.call` takes it, but (batch, choices, length) each.
            training: whether dropout is active.
        """
        batch, choices = ops.shape(next(iter(inputs.values())))[:2]
        pooled = self.rembert(_flattened(inputs), training=training)["pooler_output"]
        return ops.reshape(self.classifier(self.dropout(pooled, training=training)), (batch, choices))

    def check_label_values(self, labels, name, x):
        checked_labels(labels, next(iter(x.values())).shape[1], name)

    def task_loss(self, y, y_pred, sample_weight=None):
        """Returns the scalar loss.

        Args:
            y: (batch,) or (batch, 1): the number of the right choice, or -100.
            y_pred: (batch, choices) logits.
            sample_weight: (batch,) or None.
        """
        return class_loss(one_per_row(y, "y"), y_pred, sample_weight)


def _flattened(tensors):
    """Returns every tensor with batch and choices as one axis."""
    return {name: ops.reshape(tensor, (-1, *ops.shape(tensor)[2:])) for name, tensor in tensors.items()}
