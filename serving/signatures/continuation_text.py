"""From new pieces to text: what a continuation reads like, alone or behind its prompt."""

import tensorflow as tf


def continuation_text(pieces, tokenizer):
    """Returns (batch,) strings, valid UTF-8: what new pieces spell, alone.

    Args:
        pieces: ragged (batch, None) ids; special ones, and those that the vocabulary lacks, leave nothing.
        tokenizer: a RemBertTokenizerFast.
    """
    return valid_utf8(tokenizer.batch_decode(_spelled(pieces, tokenizer)))


def text_after(prompts, pieces, tokenizer):
    """Returns (batch,) strings, valid UTF-8: prompts as they were given, each with its continuation.

    Args:
        prompts: (batch,) strings; bytes that are not UTF-8 become replacement characters.
        pieces: as of `continuation_text`.
        tokenizer: a RemBertTokenizerFast.
    """
    # The first piece of a text loses its space. A continuation is decoded behind a piece that loses nothing,
    # whose own text is taken off again.
    guard = tf.constant([[tokenizer.unk_token_id]])
    guarded = tokenizer.batch_decode(
        tf.concat([tf.tile(guard, [pieces.nrows(), 1]), _spelled(pieces, tokenizer)], axis=1)
    )
    begin = tf.fill(tf.shape(guarded), tf.strings.length(tokenizer.batch_decode(guard))[0])
    behind = tf.strings.substr(guarded, begin, tf.strings.length(guarded) - begin)
    alone = continuation_text(pieces, tokenizer)
    return tf.strings.join([valid_utf8(prompts), tf.where(prompts == "", alone, valid_utf8(behind))])


def valid_utf8(texts):
    """Returns texts with a replacement character for what is not UTF-8, which would break a JSON answer."""
    return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")


def _spelled(pieces, tokenizer):
    special = tf.reduce_any(pieces.values[:, tf.newaxis] == tf.constant(tokenizer.all_special_ids), axis=1)
    kept = tf.logical_and(pieces.values < len(tokenizer), ~special)  # a model's table may have more rows
    return tf.ragged.boolean_mask(pieces, pieces.with_values(kept))
