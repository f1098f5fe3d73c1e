"""A masked language model whose output table is its input table, as BERT's is: what RemBERT is compared with."""

import keras

from rembert_tf.errors import InputError
from rembert_tf.layers.unlocked import unlocked
from rembert_tf.models.masked_lm import RemBertForMaskedLM
from rembert_tf.pretraining.origin import Origin
from rembert_tf.weights.weight_table import weights_of


@keras.saving.register_keras_serializable("rembert_tf")
class CoupledMaskedLM(RemBertForMaskedLM):
    """A RemBertForMaskedLM with one table for both ends of the model.

    Logits are `states @ input_table.T + bias`, where states come from the head's transform. The table's gradient is
    the sum of both uses. A model directory holds it twice, so that every other class reads it.

    Args:
        config: a RemBertConfig whose input and output width are equal.
        **kwargs: `name`, `dtype` and `trainable`, as of any Keras model.

    Raises:
        InputError: the widths differ.
    """

    def __init__(self, config, **kwargs):
        if config.input_embedding_size != config.output_embedding_size:
            raise InputError(
                f"a coupled model has one table: input_embedding_size ({config.input_embedding_size}) and "
                f"output_embedding_size ({config.output_embedding_size}) must be equal."
            )
        super().__init__(config, **kwargs)
        decoder = self.lm_head.decoder
        del decoder.embeddings
        with unlocked(decoder):
            decoder.embeddings = self.rembert.embeddings.word_embeddings.embeddings

    def save_pretrained(self, path, max_shard_size=None):
        """Writes a directory of a RemBertForMaskedLM whose two tables are equal; see its method."""
        plain = RemBertForMaskedLM(self.config, dtype=self.dtype_policy)
        for ours, theirs in zip(weights_of(self), weights_of(plain), strict=True):
            theirs.variable.assign(ours.variable)
        plain.save_pretrained(path, max_shard_size)


class CoupledOrigin(Origin):
    """New weights of a coupled model; arguments as of `Origin`."""

    @property
    def asked(self):
        return {**super().asked, "coupled": True}

    def load(self, corpus, settings):
        """Returns (CoupledMaskedLM, tokenizer); arguments and errors as of `Origin.load`."""
        plain, tokenizer = super().load(corpus, settings)
        keras.utils.set_random_seed(settings.seed)  # the encoder starts as that of the decoupled model does
        return CoupledMaskedLM(plain.config, dtype=plain.dtype_policy), tokenizer
