"""One block of the stack: self-attention, in some decoders cross-attention, feed-forward."""

import dataclasses

import keras
from keras import ops

from rembert_tf.layers.attention import Attention
from rembert_tf.layers.buffer import written
from rembert_tf.layers.feed_forward import FeedForward


@dataclasses.dataclass
class AttentionViews:
    """What the tokens of a call may attend to, the same for every block.

    Args:
        bias: broadcastable to (batch, 1, length, key_length), or None to see every key.
        encoder_hidden: (encoder tokens, hidden_size) for cross-attention, or None.
        encoder_layout: the token layout that `encoder_hidden` is in.
        encoder_bias: broadcastable to (batch, 1, length, encoder_length), or None.
    """

    bias: object = None
    encoder_hidden: object = None
    encoder_layout: object = None
    encoder_bias: object = None


class Block(keras.layers.Layer):
    """A post-LayerNorm transformer block on `(tokens, hidden_size)`.

    A cache is a tuple of its keys and values, (batch, heads, key_length, head_size) each, followed, once an
    encoder was attended to, by those of the encoder's states, which never change.

    Args:
        config: a RemBertConfig.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.attention = Attention(config, dtype=policy, name="attention")
        self.cross_attention = None
        if config.add_cross_attention:
            self.cross_attention = Attention(config, dtype=policy, name="cross_attention")
        self.feed_forward = FeedForward(config, dtype=policy, name="feed_forward")

    def build(self, input_shape=None):
        self.attention.build()
        if self.cross_attention is not None:
            self.cross_attention.build()
        self.feed_forward.build()
        self.built = True

    def call(self, hidden, layout, views, cache=None, cache_position=None, training=False, seeds=None):
        """Runs the block.

        Args:
            hidden: (tokens, hidden_size).
            layout: the token layout that `hidden` is in.
            views: an AttentionViews.
            cache: keys and values of an earlier call, or None.
            cache_position: where to write into a cache of a fixed size; None appends to it.
            training: whether dropout is active.
            seeds: dropout seeds from `draw_seeds`, or None.

        Returns:
            `(hidden, attention, cross_attention, cache)`: (tokens, hidden_size); the two attention
            probabilities, the second None unless an encoder was attended to; the cache with the new keys.
        """
        seeds = seeds or [None] * len(self._dropouts())
        keys, values = self._with_cache(self.attention.keys_and_values(hidden, layout), cache, cache_position)
        hidden, attention = self.attention(
            hidden,
            layout=layout,
            keys=keys,
            values=values,
            attention_bias=views.bias,
            training=training,
            seeds=seeds[:2],
        )
        cross_attention, encoder_cache = None, ()
        if self.cross_attention is not None and (views.encoder_hidden is not None or len(cache or ()) > 2):
            encoder_cache = cache[2:] if cache and len(cache) > 2 else self._encoder_keys(views)
            hidden, cross_attention = self.cross_attention(
                hidden,
                layout=layout,
                keys=encoder_cache[0],
                values=encoder_cache[1],
                attention_bias=views.encoder_bias,
                training=training,
                seeds=seeds[3:],
            )
        hidden = self.feed_forward(hidden, training=training, seed=seeds[2])
        return hidden, attention, cross_attention, (keys, values, *encoder_cache)

    def recomputed(self, hidden, layout, views, training):
        """Runs the block so that its gradient keeps `hidden` alone and computes everything else again.

        Returns:
            (tokens, hidden_size).
        """
        seeds = self.draw_seeds() if training else None

        def run(hidden, encoder_hidden=None):
            own_views = dataclasses.replace(views, encoder_hidden=encoder_hidden)
            return self(hidden, layout=layout, views=own_views, training=training, seeds=seeds)[0]

        # What needs a gradient is an argument: one that `run` merely closed over would get none.
        crossed = () if views.encoder_hidden is None else (views.encoder_hidden,)
        return keras.remat(run)(hidden, *crossed)

    def draw_seeds(self):
        """Returns a seed for every dropout of one call, so that a second call drops the same entries."""
        return [dropout.draw_seed() for dropout in self._dropouts()]

    def _dropouts(self):
        first, second = self.attention, self.cross_attention
        crossed = [] if second is None else [second.probs_dropout, second.output_dropout]
        return [first.probs_dropout, first.output_dropout, self.feed_forward.dropout, *crossed]

    def _encoder_keys(self, views):
        return self.cross_attention.keys_and_values(views.encoder_hidden, views.encoder_layout)

    def _with_cache(self, new, cache, position):
        """Returns keys and values with the cache's: appended to it, or written into it at a position."""
        if cache is None:
            return new
        if position is None:
            return tuple(ops.concatenate([old, more], axis=2) for old, more in zip(cache[:2], new, strict=True))
        return tuple(written(old, more, position, axis=2) for old, more in zip(cache[:2], new, strict=True))
