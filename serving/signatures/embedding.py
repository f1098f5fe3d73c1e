"""Signatures of a bare encoder: a text in, one vector out."""

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.serving.options import EmbeddingOptions
from rembert_tf.serving.signatures.head_signatures import STRINGS, HeadSignatures, string_input


class EmbeddingSignatures(HeadSignatures):
    """What a served encoder answers; arguments as of HeadSignatures."""

    architecture = "RemBertModel"
    options_class = EmbeddingOptions

    def __init__(self, model, *arguments, **options):
        super().__init__(model, *arguments, **options)
        layers = model.config.num_hidden_layers
        if not -layers - 1 <= self.options.layer <= layers:
            raise InputError(
                f"layer must be from {-layers - 1} to {layers} for {layers} layers, not {self.options.layer}."
            )
        if self.options.pooling == "pooler" and model.pooler is None:
            raise InputError("pooling='pooler' needs a model with a pooler: 'mean' and 'cls' do without.")
        self._embed = self.core(self._compute, STRINGS)

    def _compute(self, texts):
        encoded = self.encode(texts)
        outputs = self.model(encoded, training=False, output_hidden_states=True)
        if self.options.pooling == "pooler":
            vectors = outputs["pooler_output"]
        else:
            vectors = pooled(
                outputs["hidden_states"][self.options.layer], encoded["attention_mask"], self.options.pooling
            )
        vectors = tf.cast(vectors, tf.float32)
        return tf.math.l2_normalize(vectors, axis=1) if self.options.normalize else vectors

    def serving_default(self):
        @tf.function(autograph=False)
        def embed(text):
            return {"embedding": self._embed(text)}

        return embed.get_concrete_function(text=string_input("text"))


def pooled(states, mask, pooling):
    """Returns one float32 vector (batch, width) of hidden states.

    Args:
        states: (batch, length, width).
        mask: (batch, length), 0 for padding.
        pooling: "mean" or "cls".
    """
    states = tf.cast(states, tf.float32)
    if pooling == "cls":
        return states[:, 0]
    mask = tf.cast(mask, tf.float32)[..., tf.newaxis]
    return tf.reduce_sum(states * mask, axis=1) / tf.maximum(tf.reduce_sum(mask, axis=1), 1)
