"""The language model head: from the hidden width through the output width to the vocabulary."""

import keras
from keras import ops

from rembert_tf.layers.activations import ACTIVATION_FUNCTIONS
from rembert_tf.layers.initializers import new_weight


class LanguageModelHead(keras.layers.Layer):
    """Dense to `output_embedding_size`, activation, LayerNorm, then the output embedding and its bias.

    The output embedding is a matrix of its own (vocab_size, output_embedding_size): RemBERT's point is that
    it is not the input table, may be much wider, and is dropped for fine-tuning.

    Args:
        config: a RemBertConfig.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        policy = self.dtype_policy
        self.dense = keras.layers.Dense(
            config.output_embedding_size, kernel_initializer=new_weight(config), dtype=policy, name="dense"
        )
        self.layer_norm = keras.layers.LayerNormalization(
            epsilon=config.layer_norm_eps, dtype=policy, name="layer_norm"
        )
        self.decoder = OutputEmbedding(config, dtype=policy, name="decoder")

    def build(self, input_shape=None):
        self.dense.build((None, self.config.hidden_size))
        self.layer_norm.build((None, self.config.output_embedding_size))
        self.decoder.build()
        self.built = True

    def call(self, hidden):
        """(..., hidden_size) -> (..., output_embedding_size): what the output embedding is compared with."""
        return self.layer_norm(ACTIVATION_FUNCTIONS[self.config.hidden_act](self.dense(hidden)))


class OutputEmbedding(keras.layers.Layer):
    """Scores states against every row of a (vocab_size, output_embedding_size) matrix.

    Args:
        config: a RemBertConfig.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config

    def build(self, input_shape=None):
        self.add_rows(self.config.vocab_size)
        self.built = True

    def add_rows(self, rows):
        """Makes the matrix `embeddings` and the `bias`; a layer has them once."""
        width = self.config.output_embedding_size
        self.embeddings = self.add_weight((rows, width), initializer=new_weight(self.config), name="embeddings")
        self.bias = self.add_weight((rows,), initializer="zeros", name="bias")

    def call(self, states):
        """(..., output_embedding_size) -> logits (..., vocab_size), float32 at least."""
        logits = ops.matmul(states, ops.transpose(self.embeddings))
        dtype = "float64" if self.compute_dtype == "float64" else "float32"
        return ops.cast(logits, dtype) + ops.cast(self.bias, dtype)
