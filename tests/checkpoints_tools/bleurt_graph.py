"""BLEURT's SavedModel: a second implementation of the model in raw TF1 operations."""

import numpy as np
import tensorflow as tf


def write_saved_model(path, variables, config, activation):
    """Writes a TF1 SavedModel with name-based variables and the signature of BLEURT's exports."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        inputs = {
            name: v1.placeholder(tf.int64, [None, None], name) for name in ("input_ids", "input_mask", "segment_ids")
        }
        weights = {
            name: v1.get_variable(name, initializer=tf.constant(array), use_resource=False)
            for name, array in variables.items()
        }
        predictions = score_graph(*inputs.values(), weights, config["num_attention_heads"], activation)
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(path), inputs, {"predictions": predictions})


def score_graph(ids, mask, segments, weights, heads, activation):
    """Returns the tensor (batch,) of scores: BERT's mathematics, word for word, with two widths.

    Args:
        ids: (batch, length) int64 tensor of pieces.
        mask: of the same shape, 1 where there are pieces.
        segments: of the same shape, 0 for the reference, 1 for the candidate.
        weights: {name: variable} as in the checkpoint.
        heads: attention heads.
        activation: `gelu` (erf) or `gelu_new` (tanh).
    """
    act = {"gelu": _erf_gelu, "gelu_new": _tanh_gelu}[activation]

    def dense(name, x):
        return tf.tensordot(x, weights[f"{name}/kernel"], 1) + weights[f"{name}/bias"]

    def norm(name, x):
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        return (x - mean) / tf.sqrt(variance + 1e-12) * weights[f"{name}/gamma"] + weights[f"{name}/beta"]

    def table(kind):
        return weights[f"bert/embeddings/{kind}_embeddings"]

    x = tf.gather(table("word"), ids) + tf.gather(table("token_type"), segments)
    x = norm("bert/embeddings/LayerNorm", x + table("position")[: tf.shape(ids)[1]])
    x = dense("bert/encoder/embedding_hidden_mapping_in", x)
    hidden_from = tf.cast(1 - mask, tf.float32)[:, tf.newaxis, tf.newaxis] * -10000.0
    for index in range(sum(name.endswith("/intermediate/dense/bias") for name in weights)):
        block = f"bert/encoder/layer_{index}"
        projected = [dense(f"{block}/attention/self/{part}", x) for part in ("query", "key", "value")]
        context = _attention(*projected, heads, hidden_from)
        x = norm(f"{block}/attention/output/LayerNorm", x + dense(f"{block}/attention/output/dense", context))
        inner = act(dense(f"{block}/intermediate/dense", x))
        x = norm(f"{block}/output/LayerNorm", x + dense(f"{block}/output/dense", inner))
    pooled = tf.tanh(dense("bert/pooler/dense", x[:, 0]))
    return tf.squeeze(dense("dense", pooled), 1)


def _attention(query, key, value, heads, hidden_from):
    """Returns the context (batch, length, hidden) of projections of that shape."""
    whole, static = tf.shape(query), query.shape
    query, key, value = (_split(x, heads) for x in (query, key, value))
    scores = tf.matmul(query, key, transpose_b=True) / (int(query.shape[-1]) ** 0.5) + hidden_from
    context = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), [0, 2, 1, 3])
    return tf.ensure_shape(tf.reshape(context, whole), static)


def _split(x, heads):
    """(batch, length, hidden) -> (batch, heads, length, hidden / heads)."""
    shape = tf.shape(x)
    return tf.transpose(tf.reshape(x, [shape[0], shape[1], heads, int(x.shape[-1]) // heads]), [0, 2, 1, 3])


def _erf_gelu(x):
    return x * 0.5 * (1.0 + tf.math.erf(x / np.float32(2.0**0.5)))


def _tanh_gelu(x):
    return x * 0.5 * (1.0 + tf.tanh(np.float32((2 / np.pi) ** 0.5) * (x + 0.044715 * tf.pow(x, 3))))
