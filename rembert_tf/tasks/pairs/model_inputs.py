"""Ragged ids as the rectangle that a model takes."""

import tensorflow as tf

# XLA compiles for every width anew, and matrix units like multiples of it.
WIDTH_STEP = 8


def model_inputs(ids, pad_token_id, most, token_type_ids=None):
    """Returns `input_ids`, `token_type_ids` and `attention_mask`, (batch, length) int32.

    Args:
        ids: ragged (batch, None) int32.
        pad_token_id: fills the ends of shorter rows.
        most: a length that no row exceeds; the batch's own is rounded up to a multiple of 8, but not beyond it.
        token_type_ids: as ids; None means 0.
    """
    width = tf.minimum(-(-ids.bounding_shape(axis=1) // WIDTH_STEP) * WIDTH_STEP, most)
    return {
        "input_ids": rectangle(ids, pad_token_id, width),
        "token_type_ids": rectangle(tf.zeros_like(ids) if token_type_ids is None else token_type_ids, 0, width),
        "attention_mask": rectangle(tf.ones_like(ids), 0, width),
    }


def rectangle(rows, fill, width):
    """Returns ragged (batch, None) as a tensor (batch, width), whose end holds `fill`."""
    dense = rows.to_tensor(fill)
    return tf.pad(dense, [[0, 0], [0, width - tf.shape(dense, tf.int64)[1]]], constant_values=fill)
