"""What a language model makes of given positions, a few logits at a time."""

import tensorflow as tf

from rembert_tf.tasks.chunks import in_chunks
from rembert_tf.tasks.pairs.kept_graphs import input_signature, kept_graph

# Logits that exist at a time: 64 MB in float32.
CHUNK_LOGITS = 2**24
ROW = tf.TensorSpec([None, None], tf.int32)


def piece_scores(model):
    """Returns a compiled function of (inputs, labels) that tells how well the labels are predicted.

    Its arguments are a model's input, (batch, length) int32, and labels (batch, length) int32, -100 where nothing is
    predicted. It returns, for the other positions in order, (positions,) whether the label is the likeliest piece, and
    (positions,) float32 the label's negative log-probability.

    Args:
        model: a RemBertForMaskedLM or RemBertForCausalLM.
    """

    def score(states, labels):
        logits = model.lm_head.decoder(states)
        picked = tf.gather(logits, labels, axis=1, batch_dims=1)
        likeliest = tf.argmax(logits, axis=1, output_type=tf.int32) == labels
        return likeliest, tf.cast(tf.reduce_logsumexp(logits, axis=1) - picked, tf.float32)

    def scores(inputs, labels):
        kept = labels >= 0
        states = tf.boolean_mask(_states(model, inputs), kept)
        kinds = [(tf.bool, [None]), (tf.float32, [None])]
        return in_chunks(score, kinds, positions_of_a_chunk(model), states, tf.boolean_mask(labels, kept))

    return kept_graph(model, "piece_scores", scores, [input_signature(), ROW])


def likeliest_pieces(model, count):
    """Returns a compiled function of (inputs, chosen) that names the likeliest pieces at the chosen positions.

    Its arguments are as above, with `chosen` (batch, length) int32: -100 where nothing is asked. It returns
    (positions, count) int32 pieces and float32 probabilities, the largest first.

    Args:
        model: a RemBertForMaskedLM.
        count: pieces of a position.
    """

    def rank(states):
        logits = model.lm_head.decoder(states)
        best, pieces = tf.math.top_k(logits, count)
        shares = tf.exp(best - tf.reduce_logsumexp(logits, axis=1, keepdims=True))
        return pieces, tf.cast(shares, tf.float32)

    def likeliest(inputs, chosen):
        states = tf.boolean_mask(_states(model, inputs), chosen >= 0)
        kinds = [(tf.int32, [None, count]), (tf.float32, [None, count])]
        return in_chunks(rank, kinds, positions_of_a_chunk(model), states)

    return kept_graph(model, f"likeliest_{count}_pieces", likeliest, [input_signature(), ROW])


def positions_of_a_chunk(model):
    """Returns at how many positions the logits of a model exist at a time."""
    return max(1, CHUNK_LOGITS // model.config.vocab_size)


def _states(model, inputs):
    return model.lm_head(model.rembert(inputs, training=False)["last_hidden_state"])
