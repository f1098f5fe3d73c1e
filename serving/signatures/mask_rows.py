"""Texts with masks as rows for the model, in a graph what `tasks.language_modeling.fills` does in Python."""

import tensorflow as tf

from rembert_tf.serving.signatures.runs import begins_run
from rembert_tf.tokenization import packing
from rembert_tf.tokenization.side_by_side import lay_out

SPECIAL_TOKENS = 2  # [CLS] pieces [SEP]


def mask_rows(ids, mask_token_id, max_length, cls_token_id, sep_token_id):
    """Returns rows in which every mask of every text is asked about once.

    A text that fits is one row. A longer one has a row for each of its masks, which stands in the middle where
    it can. A text without masks has none.

    Args:
        ids: ragged (batch, None) int32, without special tokens.
        mask_token_id: id of the mask.
        max_length: pieces of a row.
        cls_token_id: begins a row.
        sep_token_id: ends it.

    Returns:
        Two ragged (rows, None): int32 ids, and whether each is a mask asked about; and (masks,) int64, the text
        that each mask is in, rising: the masks in the order of the rows.
    """
    room = max_length - SPECIAL_TOKENS
    length = ids.row_lengths()
    place = tf.where(tf.equal(ids.values, mask_token_id))[:, 0]
    text = tf.gather(ids.value_rowids(), place)
    mask = place - tf.gather(ids.row_starts(), text)
    own_length = tf.gather(length, text)
    # The first mask of a text that fits stands for all of them.
    fits = own_length <= room
    has_row = begins_run(text) | ~fits
    # In a text that fits the range is from 0 to 0.
    start = tf.clip_by_value(mask - room // 2, 0, tf.maximum(own_length - room, 0))
    row_text, row_start = tf.boolean_mask(text, has_row), tf.boolean_mask(start, has_row)
    count = tf.minimum(tf.gather(length, row_text), room)
    rows = packing.take(ids, row_text, row_start, count)
    row_mask, row_fits = tf.boolean_mask(mask, has_row), tf.boolean_mask(fits, has_row)
    row = rows.value_rowids()
    own = tf.equal(tf.ragged.range(count).values, tf.gather(row_mask - row_start, row)) | tf.gather(row_fits, row)
    asked = rows.with_values(tf.cast(own & tf.equal(rows.values, mask_token_id), tf.int32))
    laid_out = lay_out(rows, None, cls_token_id, sep_token_id)
    return laid_out, tf.cast(lay_out(asked, None, 0, 0), tf.bool), text
