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
        batch = _Batch(layout, self._encoder.config)
        output = EncoderOutput([self._dense(embeddings, self._encoder.embedding_projection)])
        for block in self._encoder.blocks:
            attended, probabilities, cache = self._attention(block.attention, output.hidden_states[-1], batch, bias)
            output.hidden_states.append(self._feed_forward(block.feed_forward, attended))
            output.attentions.append(probabilities)
            output.caches.append(cache)
        return output

    def _attention(self, attention, hidden, batch, bias):
        """Returns (tokens, hidden_size), probabilities and keys and values, as `Block` does."""
        query, key, value = (self._heads(attention, name, hidden, batch) for name in ("query", "key", "value"))
        probabilities = softmax(attention_scores(query, key, attention.scale, bias))  # (B, N, S, S)
        context = batch.join_heads(tf.matmul(probabilities, value))
        attended = self._dense(context, attention.output_dense, residual=hidden)
        return _normalized(attended, attention.layer_norm), probabilities, (key, value)

    def _heads(self, attention, name, hidden, batch):
        projected = self._dense(hidden, getattr(attention, name))
        if name in attention.adapters:
            projected += tf.reshape(attention.adapters[name](hidden), tf.shape(projected))
        return batch.split_heads(projected)

    def _feed_forward(self, feed_forward, hidden):
        inner, activation = feed_forward.intermediate_dense, feed_forward.config.hidden_act
        if activation in FUSED_ACTIVATIONS:
            active = self._dense(hidden, inner, activation=activation)
        else:
            active = ACTIVATION_FUNCTIONS[activation](self._dense(hidden, inner))
        return _normalized(self._dense(active, feed_forward.output_dense, residual=hidden), feed_forward.layer_norm)

    def _dense(self, x, layer, **after):
        bias = _of_rank(layer.bias, 1, [-1])
        kernel = _of_rank(layer.kernel, 2, [-1, bias.shape[0]])
        return dense(x, kernel, bias, keep_kernel=self._keep_kernels, **after)


def _of_rank(weight, rank, shape):
    """Returns a weight as a matmul takes it, not copied: those of an Einsum have the shape of the heads."""
    tensor = tf.convert_to_tensor(weight)
    return tensor if tensor.shape.rank == rank else tf.reshape(tensor, shape)


class _Batch:
    """Where heads of tokens go; the shapes are made once for all layers, for what each adds to a graph is loaded.

    Args:
        layout: of the tokens.
        config: names the heads.
    """

    def __init__(self, layout, config):
        self._layout = layout
        sizes = [layout.batch, layout.length]
        self._split = tf.stack([*sizes, config.num_attention_heads, config.head_size])
        self._joined = tf.stack([*sizes, config.hidden_size])

    def split_heads(self, projected):
        """`(tokens, hidden_size)` -> `(batch, heads, length, head_size)`."""
        return tf.transpose(tf.reshape(self._layout.to_batch(projected), self._split), (0, 2, 1, 3))

    def join_heads(self, context):
        """`(batch, heads, length, head_size)` -> `(tokens, hidden_size)`."""
        return self._layout.to_tokens(tf.reshape(tf.transpose(context, (0, 2, 1, 3)), self._joined))


def _normalized(x, layer):
    return layer_norm(x, tf.convert_to_tensor(layer.gamma), tf.convert_to_tensor(layer.beta), layer.epsilon)
