"""In which of a text's windows each piece has the most context around it."""

import tensorflow as tf


def most_context(text, start, count, texts):
    """Chooses one window for every piece: that in which the shorter of its two sides is longest.

    Of equal ones it is the first, windows with more pieces ahead: the rule, and the arithmetic, of
    `tasks.question_answering.spans.most_context_masks`.

    Args:
        text: (windows,) int64: the text that a window belongs to.
        start: (windows,) int64: the window's first piece in its text.
        count: (windows,) int64: pieces of the window.
        texts: number of texts, a scalar int64.

    Returns:
        For the pieces of all windows in a row, (pieces in windows,): whether this is the piece's window, and
        the piece's number among those of all texts, int64; and the number of pieces of all texts.
    """
    lengths = tf.maximum(tf.math.unsorted_segment_max(start + count, text, texts), 0)
    first = tf.gather(tf.cumsum(lengths, exclusive=True), text) + start
    places = tf.ragged.range(count)
    left, window = places.values, places.value_rowids()
    pieces = tf.gather(first, window) + left
    counts = tf.gather(count, window)
    side = tf.cast(tf.minimum(left, counts - 1 - left), tf.float64)
    context = side + tf.constant(0.01, tf.float64) * tf.cast(counts, tf.float64)
    total = tf.reduce_sum(lengths)
    is_best = tf.equal(context, tf.gather(tf.math.unsorted_segment_max(context, pieces, total), pieces))
    entry = tf.range(tf.size(pieces, tf.int64))
    earliest = tf.math.unsorted_segment_min(tf.where(is_best, entry, entry.dtype.max), pieces, total)
    return tf.equal(tf.gather(earliest, pieces), entry), pieces, total
