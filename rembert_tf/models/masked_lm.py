"""RemBertForMaskedLM: which pieces stood where [MASK] is."""

import keras
from keras import ops

from rembert_tf.models.inputs import ENCODER_INPUTS, MASKED_POSITIONS, as_tensors, check_shapes
from rembert_tf.models.language_model import LanguageModel


@keras.saving.register_keras_serializable("rembert_tf")
class RemBertForMaskedLM(LanguageModel):
    """Scores the vocabulary at every position, or at `masked_positions` alone.

    Without a loss in `compile`, the loss is the cross-entropy of the labels that are not -100.

    Args:
        config: a RemBertConfig.
        **kwargs: `name`, `dtype` and `trainable`, as of any Keras model.
    """

    def check_inputs(self, inputs):
        """Returns the inputs of a call as tensors, or raises an InputError."""
        tensors = as_tensors(inputs, (*ENCODER_INPUTS, MASKED_POSITIONS))
        check_shapes(tensors, self.config)
        return tensors

    def call(self, inputs, training=False):
        """Returns logits.

        Args:
            inputs: dictionary of the inputs of `RemBertModel`, and optionally `masked_positions`
                (batch, masks): the positions to score; unused slots hold 0.
            training: whether dropout is active.

        Returns:
            (batch, length, vocab_size), or with `masked_positions` (batch, masks, vocab_size); the former is
            then never formed.
        """
        inputs = dict(inputs)
        positions = inputs.pop(MASKED_POSITIONS, None)
        hidden = self.rembert(inputs, training=training)["last_hidden_state"]
        if positions is not None:
            hidden = ops.take_along_axis(hidden, ops.cast(positions, "int32")[:, :, None], axis=1)
        return self.scores(hidden)
