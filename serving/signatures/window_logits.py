"""What a model says about the pieces of windows, a few windows at a time."""

import tensorflow as tf

from rembert_tf.serving.signatures.chunks import rows_of_a_chunk
from rembert_tf.tasks.chunks import in_chunks
from rembert_tf.tasks.pairs.model_inputs import model_inputs
from rembert_tf.tokenization.packing import padded_width


def piece_logits(model, ids, pad_token_id, num_labels):
    """Returns (pieces, num_labels) float32: the logits of all pieces of windows in a row.

    Args:
        model: gives logits (batch, length, num_labels).
        ids: ragged (windows, None) int32 with special tokens.
        pad_token_id: fills shorter windows up.
        num_labels: logits of a piece.
    """

    def scores(rows):
        inputs = padded_inputs(rows, pad_token_id)
        logits = tf.cast(model(inputs, training=False), tf.float32)
        return (tf.boolean_mask(logits, inputs["attention_mask"] > 0),)

    return in_chunks(scores, [(tf.float32, [None, num_labels])], rows_of_a_chunk(ids), ids)[0]


def padded_inputs(ids, pad_token_id, token_type_ids=None):
    """Returns model input for ragged rows (batch, None), as wide as the longest; see `model_inputs`."""
    return model_inputs(ids, pad_token_id, padded_width(ids), token_type_ids)
