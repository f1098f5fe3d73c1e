"""The encoder: a projection to the hidden width and a stack of blocks."""

import dataclasses

import keras

from rembert_tf.layers.block import Block
from rembert_tf.layers.initializers import new_weight


@dataclasses.dataclass
class EncoderOutput:
    """What the encoder computes. What the caller does not use costs nothing in a compiled graph.

    Args:
        hidden_states: layers + 1 tensors (tokens, hidden_size), the projected embeddings first.
        attentions: one (batch, heads, length, key_length) a layer; empty where blocks are recomputed.
        cross_attentions: one (batch, heads, length, encoder_length) a layer that attended to an encoder.
        caches: one tuple of keys and values a layer, for decoders; see `Block`.
    """

    hidden_states: list
    attentions: list = dataclasses.field(default_factory=list)
    cross_attentions: list = dataclasses.field(default_factory=list)
    caches: list = dataclasses.field(default_factory=list)


class Encoder(keras.layers.Layer):
    """Projects embeddings to the hidden width, with a bias and nothing else, then runs the blocks.

    Args:
        config: a RemBertConfig.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.gradient_checkpointing = False
        self.embedding_projection = keras.layers.Dense(
            config.hidden_size,
            kernel_initializer=new_weight(config),
            dtype=self.dtype_policy,
            name="embedding_projection",
        )
        self.blocks = [
            Block(config, dtype=self.dtype_policy, name=f"block_{index}") for index in range(config.num_hidden_layers)
        ]

    def build(self, input_shape=None):
        self.embedding_projection.build((None, self.config.input_embedding_size))
        for block in self.blocks:
            block.build()
        self.built = True

    def call(self, embeddings, layout, views, caches=None, cache_position=None, training=False, recompute=False):
        """Runs every block.

        Args:
            embeddings: (tokens, input_embedding_size).
            layout: the token layout that `embeddings` is in.
            views: an `AttentionViews`: what the blocks may attend to.
            caches: one tuple of keys and values a layer from an earlier call, or None.
            cache_position: where to write into caches of a fixed size; None appends to them.
            training: whether dropout is active.
            recompute: whether a block keeps its input alone and computes the rest again for its gradient.

        Returns:
            An EncoderOutput.
        """
        output = EncoderOutput([self.embedding_projection(embeddings)])
        for index, block in enumerate(self.blocks):
            if recompute:
                output.hidden_states.append(block.recomputed(output.hidden_states[-1], layout, views, training))
                continue
            hidden, attention, cross_attention, cache = block(
                output.hidden_states[-1],
                layout=layout,
                views=views,
                cache=caches[index] if caches else None,
                cache_position=cache_position,
                training=training,
            )
            output.hidden_states.append(hidden)
            output.attentions.append(attention)
            output.caches.append(cache)
            if cross_attention is not None:
                output.cross_attentions.append(cross_attention)
        return output
