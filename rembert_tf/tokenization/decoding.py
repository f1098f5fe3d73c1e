"""From ids back to texts, as TensorFlow operations."""

import tensorflow as tf


def decode(ids, engine, size, appended, unk_id, unk_text):
    """Returns the texts of rows of ids.

    SentencePiece's own operation knows the ids of pieces only. Rows are therefore cut at the tokens after
    the vocabulary, and the stretches between them decoded apart. A stretch that follows such a token is
    not the beginning of a text, and must keep its first space: it is decoded behind an unknown piece, whose
    text is taken off again.

    Args:
        ids: ragged (batch, None) int32, each the id of a piece or of an appended token.
        engine: a SentencePieceEngine.
        size: number of pieces.
        appended: list of the spellings of the tokens after the vocabulary.
        unk_id: id of the model's unknown piece.
        unk_text: what it decodes to, as bytes.

    Returns:
        (batch,) strings.
    """
    if not appended:
        return engine.detokenize(ids)
    is_appended = ids.values >= size
    # Every row is one stretch more than it holds appended tokens, each of which begins a new one.
    row = ids.value_rowids()
    count = tf.math.unsorted_segment_sum(tf.cast(is_appended, tf.int64), row, ids.nrows()) + 1
    splits = tf.concat([tf.zeros([1], tf.int64), tf.cumsum(count)], axis=0)
    stretch = row + tf.cumsum(tf.cast(is_appended, tf.int64))
    lengths = tf.math.unsorted_segment_sum(tf.cast(~is_appended, tf.int64), stretch, splits[-1])
    stretches = tf.RaggedTensor.from_row_lengths(tf.boolean_mask(ids.values, ~is_appended), lengths, validate=False)
    begins_row = tf.ragged.range(count).values == 0
    guard = tf.fill([stretches.nrows(), 1], unk_id)
    guarded = engine.detokenize(tf.concat([guard, stretches], axis=1))
    begin = tf.fill(tf.shape(guarded), len(unk_text))
    unguarded = tf.strings.substr(guarded, begin, tf.strings.length(guarded) - begin)
    texts = tf.where(begins_row, engine.detokenize(stretches), unguarded)
    spellings = tf.gather(tf.constant(appended), tf.boolean_mask(ids.values, is_appended) - size)
    opening = tf.tensor_scatter_nd_update(
        tf.fill(tf.shape(texts), ""), tf.cast(tf.where(~begins_row), tf.int32), spellings
    )
    parts = tf.RaggedTensor.from_row_splits(tf.strings.join([opening, texts]), splits, validate=False)
    return tf.strings.reduce_join(parts, axis=1)
