"""Multi-head attention on a list of tokens."""

import math

import keras
from keras import ops

from rembert_tf.layers.dropout import Dropout
from rembert_tf.layers.initializers import new_weight


class Attention(keras.layers.Layer):
    """Post-LayerNorm attention: LayerNorm(x + Dense(attention(x))).

    Queries come from the tokens themselves. Keys and values come from wherever the caller takes them: from
    the same tokens, from a cache, or from an encoder's states.

    Projections go straight into heads and back, as Einsums whose kernels read a variable in place.

    Args:
        config: a RemBertConfig.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        policy = self.dtype_policy
        self.scale = 1.0 / math.sqrt(config.head_size)

        def projection(name):
            return keras.layers.EinsumDense(
                "th,hnd->tnd",
                output_shape=(config.num_attention_heads, config.head_size),
                bias_axes="nd",
                kernel_initializer=new_weight(config),
                dtype=policy,
                name=name,
            )

        self.query = projection("query")
        self.key = projection("key")
        self.value = projection("value")
        self.adapters = {}  # name of a projection -> its LowRankAdapter; see models/lora.py
        self.output_dense = keras.layers.EinsumDense(
            "tnd,ndh->th",
            output_shape=(config.hidden_size,),
            bias_axes="h",
            kernel_initializer=new_weight(config),
            dtype=policy,
            name="output_dense",
        )
        self.layer_norm = keras.layers.LayerNormalization(
            epsilon=config.layer_norm_eps, dtype=policy, name="layer_norm"
        )
        self.probs_dropout = Dropout(config.attention_probs_dropout_prob, dtype=policy, name="probs_dropout")
        self.output_dropout = Dropout(config.hidden_dropout_prob, dtype=policy, name="output_dropout")

    def build(self, input_shape=None):
        width = self.config.hidden_size
        for layer in (self.query, self.key, self.value):
            layer.build((None, width))
        self.output_dense.build((None, self.config.num_attention_heads, self.config.head_size))
        self.layer_norm.build((None, width))
        self.built = True

    def keys_and_values(self, hidden, layout):
        """Returns what can be attended to: keys and values, each (batch, heads, length, head_size).

        Args:
            hidden: (tokens, hidden_size).
            layout: the token layout that `hidden` is in.
        """
        return self._heads("key", hidden, layout), self._heads("value", hidden, layout)

    def call(self, hidden, layout, keys, values, attention_bias=None, training=False, seeds=None):
        """Returns `(hidden, probabilities)`.

        Args:
            hidden: (tokens, hidden_size).
            layout: the token layout that `hidden` is in.
            keys: (batch, heads, key_length, head_size) from `keys_and_values`.
            values: the same shape, from the same place.
            attention_bias: broadcastable to (batch, heads, length, key_length), or None to see everything.
            training: whether dropout is active.
            seeds: two dropout seeds, drawn beforehand; None lets each dropout draw its own.

        Returns:
            (tokens, hidden_size) and (batch, heads, length, key_length), the latter after dropout.
        """
        seeds = seeds or (None, None)
        query = self._heads("query", hidden, layout)
        scores = ops.matmul(query, ops.transpose(keys, (0, 1, 3, 2))) * ops.cast(self.scale, query.dtype)
        if attention_bias is not None:
            scores = scores + attention_bias
        # Over a single key there is nothing to compute, and Keras would warn.
        probabilities = ops.softmax(scores, axis=-1) if scores.shape[-1] != 1 else ops.ones_like(scores)  # (B, N, S, K)
        probabilities = self.probs_dropout(probabilities, training=training, seed=seeds[0])
        context = ops.transpose(ops.matmul(probabilities, values), (0, 2, 1, 3))  # (B, S, N, D)
        attended = self.output_dense(layout.to_tokens(context))
        attended = self.output_dropout(attended, training=training, seed=seeds[1])
        return self.layer_norm(attended + hidden), probabilities

    def _heads(self, name, hidden, layout):
        projected = getattr(self, name)(hidden)  # (tokens, N, D)
        if name in self.adapters:
            projected = projected + self.adapters[name](hidden)
        return ops.transpose(layout.to_batch(projected), (0, 2, 1, 3))
