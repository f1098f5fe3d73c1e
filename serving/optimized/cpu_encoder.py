"""The encoder in oneDNN operations: fewer steps than Keras' layers make, on the same variables."""

import tensorflow as tf

from rembert_tf.layers.activations import ACTIVATION_FUNCTIONS
from rembert_tf.layers.encoder import EncoderOutput
from rembert_tf.serving.optimized.onednn_operations import (
    FUSED_ACTIVATIONS,
    attention_scores,
    dense,
    layer_norm,
    softmax,
)


class CpuEncoder:
    """Called as an `Encoder` is, with the same result; reads that encoder's variables in place.

    A decoder's steps after the first one, which work on one token a row with what is kept of earlier ones, and
    attention to another encoder stay with the encoder's own layers.

    Args:
        encoder: an `Encoder`, in float32 or bfloat16, whose weights do not change any more.
        keep_kernels: whether matmuls keep re-ordered copies of their weights.
    """

    def __init__(self, encoder, keep_kernels):
        self._encoder = encoder
        self._keep_kernels = keep_kernels

    def __call__(self, embeddings, layout, views, caches=None, cache_position=None, training=False, recompute=False):
        """Runs every block; arguments and result as of `Encoder.call`."""
        if caches or training or views.encoder_hidden is not None:
            return self._encoder(
                embeddings,
                layout=layout,
                views=views,
                caches=caches,
                cache_position=cache_position,
                training=training,
                recompute=recompute,
            )
        bias = tf.zeros([1, 1, 1, 1], embeddings.dtype) if views.bias is None else views.bias
        output = EncoderOutput([self._dense(embeddings, self._encoder.embedding_projection)])
        for block in self._encoder.blocks:
            attended, probabilities, cache = self._attention(block.attention, output.hidden_states[-1], layout, bias)
            output.hidden_states.append(self._feed_forward(block.feed_forward, attended))
            output.attentions.append(probabilities)
            output.caches.append(cache)
        return output

    def _attention(self, attention, hidden, layout, bias):
        """Returns (tokens, hidden_size), probabilities and keys and values, as `Block` does."""
        query, key, value = (self._heads(attention, name, hidden, layout) for name in ("query", "key", "value"))
        probabilities = softmax(attention_scores(query, key, attention.scale, bias))  # (B, N, S, S)
        context = tf.transpose(tf.matmul(probabilities, value), (0, 2, 1, 3))  # (B, S, N, D)
        context = layout.to_tokens(_joined(context, attention.config.hidden_size))
        attended = self._dense(context, attention.output_dense, residual=hidden)
        return _normalized(attended, attention.layer_norm), probabilities, (key, value)

    def _heads(self, attention, name, hidden, layout):
        projected = self._dense(hidden, getattr(attention, name))
        if name in attention.adapters:
            projected += tf.reshape(attention.adapters[name](hidden), tf.shape(projected))
        rows = layout.to_batch(projected)  # (B, S, H)
        heads, size = attention.config.num_attention_heads, attention.config.head_size
        return tf.transpose(tf.reshape(rows, (*_sizes(rows)[:2], heads, size)), (0, 2, 1, 3))

    def _feed_forward(self, feed_forward, hidden):
        inner, activation = feed_forward.intermediate_dense, feed_forward.config.hidden_act
        if activation in FUSED_ACTIVATIONS:
            active = self._dense(hidden, inner, activation=activation)
        else:
            active = ACTIVATION_FUNCTIONS[activation](self._dense(hidden, inner))
        return _normalized(self._dense(active, feed_forward.output_dense, residual=hidden), feed_forward.layer_norm)

    def _dense(self, x, layer, **after):
        bias = tf.reshape(layer.bias, [-1])  # an Einsum's has the shape of the heads; neither is copied
        kernel = tf.reshape(layer.kernel, [-1, bias.shape[0]])
        return dense(x, kernel, bias, keep_kernel=self._keep_kernels, **after)


def _normalized(x, layer):
    return layer_norm(x, tf.convert_to_tensor(layer.gamma), tf.convert_to_tensor(layer.beta), layer.epsilon)


def _joined(context, width):
    return tf.reshape(context, (*_sizes(context)[:2], width))


def _sizes(x):
    """Returns the sizes of a tensor's dimensions: numbers where the graph knows them."""
    return [tf.shape(x)[axis] if size is None else size for axis, size in enumerate(x.shape)]
