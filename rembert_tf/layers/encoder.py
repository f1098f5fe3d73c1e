"""The encoder: a projection to the hidden width and a stack of blocks."""

import keras

from rembert_tf.layers.attention import SelfAttention
from rembert_tf.layers.feed_forward import FeedForward
from rembert_tf.layers.initializers import new_weight


class EncoderBlock(keras.layers.Layer):
    """Self-attention followed by the feed-forward half.

    Args:
        config: a RemBertConfig.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.attention = SelfAttention(config, dtype=self.dtype_policy, name="attention")
        self.feed_forward = FeedForward(config, dtype=self.dtype_policy, name="feed_forward")

    def build(self, input_shape=None):
        self.attention.build()
        self.feed_forward.build()
        self.built = True

    def call(self, hidden, layout, attention_bias=None, training=False):
        """Returns `(tokens, hidden_size)` and the attention probabilities (batch, heads, length, length)."""
        hidden, probabilities = self.attention(hidden, layout=layout, attention_bias=attention_bias, training=training)
        return self.feed_forward(hidden, training=training), probabilities


class Encoder(keras.layers.Layer):
    """Projects embeddings to the hidden width, with a bias and nothing else, then runs the blocks.

    Args:
        config: a RemBertConfig.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.embedding_projection = keras.layers.Dense(
            config.hidden_size,
            kernel_initializer=new_weight(config),
            dtype=self.dtype_policy,
            name="embedding_projection",
        )
        self.blocks = [
            EncoderBlock(config, dtype=self.dtype_policy, name=f"block_{index}")
            for index in range(config.num_hidden_layers)
        ]

    def build(self, input_shape=None):
        self.embedding_projection.build((None, self.config.input_embedding_size))
        for block in self.blocks:
            block.build()
        self.built = True

    def call(self, embeddings, layout, attention_bias=None, training=False):
        """Runs every block.

        Args:
            embeddings: (tokens, input_embedding_size).
            layout: the token layout that `embeddings` is in.
            attention_bias: (batch, 1, 1, length) from `additive_mask`, or None.
            training: whether dropout is active.

        Returns:
            A list of layers + 1 hidden states (tokens, hidden_size), the projected embeddings first, and
            a list of attention probabilities, one a layer. What the caller does not use costs nothing
            in a compiled graph.
        """
        hidden_states, attentions = [self.embedding_projection(embeddings)], []
        for block in self.blocks:
            hidden, probabilities = block(
                hidden_states[-1], layout=layout, attention_bias=attention_bias, training=training
            )
            hidden_states.append(hidden)
            attentions.append(probabilities)
        return hidden_states, attentions
