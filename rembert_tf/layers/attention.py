"""Multi-head self-attention on a list of tokens."""

import math

import keras
import ml_dtypes
from keras import ops

from rembert_tf.layers.initializers import new_weight


def additive_mask(attention_mask, dtype):
    """Turns a keep-mask into a bias for attention scores.

    Args:
        attention_mask: (batch, length) of any dtype; every non-zero entry keeps its position.
        dtype: of the scores.

    Returns:
        (batch, 1, 1, length): 0 where kept, the dtype's lowest finite number elsewhere. Finite, so that
        a row masked everywhere attends uniformly, as in the reference, and is not NaN.
    """
    keep = ops.cast(attention_mask, "bool")[:, None, None, :]
    lowest = float(ml_dtypes.finfo(keras.backend.standardize_dtype(dtype)).min)
    return ops.where(keep, ops.zeros((), dtype), ops.full((), lowest, dtype))


class SelfAttention(keras.layers.Layer):
    """Post-LayerNorm self-attention: LayerNorm(x + Dense(attention(x))).

    Projections go straight into heads and back, as Einsums whose kernels read a variable in place.

    Args:
        config: a RemBertConfig.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        heads, head_size = config.num_attention_heads, config.head_size
        policy = self.dtype_policy
        self.scale = 1.0 / math.sqrt(head_size)

        def projection(name):
            return keras.layers.EinsumDense(
                "th,hnd->tnd",
                output_shape=(heads, head_size),
                bias_axes="nd",
                kernel_initializer=new_weight(config),
                dtype=policy,
                name=name,
            )

        self.query = projection("query")
        self.key = projection("key")
        self.value = projection("value")
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
        self.probs_dropout = keras.layers.Dropout(
            config.attention_probs_dropout_prob, dtype=policy, name="probs_dropout"
        )
        self.output_dropout = keras.layers.Dropout(config.hidden_dropout_prob, dtype=policy, name="output_dropout")

    def build(self, input_shape=None):
        width = self.config.hidden_size
        for layer in (self.query, self.key, self.value):
            layer.build((None, width))
        self.output_dense.build((None, self.config.num_attention_heads, self.config.head_size))
        self.layer_norm.build((None, width))
        self.built = True

    def call(self, hidden, layout, attention_bias=None, training=False):
        """Returns `(hidden, probabilities)`.

        Args:
            hidden: (tokens, hidden_size).
            layout: the token layout that `hidden` is in.
            attention_bias: (batch, 1, 1, length) from `additive_mask`, or None to see every position.
            training: whether dropout is active.

        Returns:
            (tokens, hidden_size) and (batch, heads, length, length), the latter after dropout.
        """

        def heads(projected):
            return ops.transpose(layout.to_batch(projected), (0, 2, 1, 3))  # (B, N, S, D)

        query, key, value = heads(self.query(hidden)), heads(self.key(hidden)), heads(self.value(hidden))
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) * ops.cast(self.scale, query.dtype)
        if attention_bias is not None:
            scores = scores + attention_bias
        probabilities = self.probs_dropout(ops.softmax(scores, axis=-1), training=training)  # (B, N, S, S)
        context = ops.transpose(ops.matmul(probabilities, value), (0, 2, 1, 3))  # (B, S, N, D)
        attended = self.output_dense(layout.to_tokens(context))
        attended = self.output_dropout(attended, training=training)
        return self.layer_norm(attended + hidden), probabilities
