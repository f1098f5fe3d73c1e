"""Ragged ids as the rectangle that a model takes."""

import tensorflow as tf


def model_inputs(ids, pad_token_id, width, token_type_ids=None):
    """Returns `input_ids`, `token_type_ids` and `attention_mask`, (batch, width) int32.

    Args:
        ids: ragged (batch, None) int32.
        pad_token_id: fills the ends of shorter rows.
        width: pieces that no row exceeds.
        token_type_ids: as ids; None means 0.
    """
    return {
        "input_ids": rectangle(ids, pad_token_id, width),
        "token_type_ids": rectangle(tf.zeros_like(ids) if token_type_ids is None else token_type_ids, 0, width),
        "attention_mask": rectangle(tf.ones_like(ids), 0, width),
    }


def rectangle(rows, fill, width):
    """Returns ragged (batch, None) as a tensor (batch, width), whose end holds `fill`."""
    dense = rows.to_tensor(fill)
    return tf.pad(dense, [[0, 0], [0, width - tf.shape(dense, tf.int64)[1]]], constant_values=fill)
