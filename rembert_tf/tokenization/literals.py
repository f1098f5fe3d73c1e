"""Finding special tokens that a text spells out, such as the [MASK] of a fill-mask request."""

import re

import tensorflow as tf

# Every character that Python's str.isspace knows; the expression language's own \s is ASCII alone.
SPACE = r"[\t-\r\x1c-\x1f\x{85}\p{Z}]"

# Noncharacters, which Unicode reserves for internal use. A text may hold them all the same, so every
# MARK in it is escaped first: the separator then cannot occur.
MARK, SEPARATOR, ESCAPED = "\ufdd0", "\ufdd0\ufdd1", "\ufdd0\ufdd2"


def spell_any(texts, literals):
    """Returns whether any of (batch,) texts may spell a special token, a scalar boolean.

    It is also true where the end of a text and the beginning of the next one would spell a token together: the search
    runs through all of them at once.

    Args:
        texts: (batch,) strings.
        literals: {spelling: id} of the special tokens; not empty.
    """
    joined = tf.strings.reduce_join(texts)
    endings = {}
    for spelling in literals:
        endings.setdefault(spelling[0], []).append(re.escape(spelling[1:]))
    # A search for each first character: one that can leap to it is faster than one for several.
    rests = [
        tf.strings.regex_replace(joined, rf"{re.escape(first)}(?:{'|'.join(group)})", "", replace_global=False)
        for first, group in endings.items()
    ]
    return tf.reduce_any(tf.not_equal(tf.strings.length(rests), tf.strings.length(joined)))


def split_at_literals(texts, literals):
    """Cuts texts at the spellings of special tokens, the longer spelling where two begin together.

    Args:
        texts: (batch,) strings.
        literals: {spelling: id} of the special tokens.

    Returns:
        Ragged (batch, None) strings, whose stretches put side by side are the text: ordinary ones at even
        positions, maybe empty, literals at odd ones. And (stretches,) int32, the literals' ids, -1 for
        ordinary stretches.
    """
    if not literals:
        parts = tf.RaggedTensor.from_tensor(texts[:, tf.newaxis], row_splits_dtype=tf.int64)
        return parts, tf.fill(tf.shape(texts), -1)
    longest_first = sorted(literals, key=len, reverse=True)
    any_literal = "|".join(re.escape(spelling.replace(MARK, ESCAPED)) for spelling in longest_first)
    texts = tf.strings.regex_replace(texts, MARK, ESCAPED)
    texts = tf.strings.regex_replace(texts, any_literal, rf"{SEPARATOR}\0{SEPARATOR}")
    parts = tf.strings.split(texts, SEPARATOR)
    parts = parts.with_values(tf.strings.regex_replace(parts.values, ESCAPED, MARK))
    is_literal = tf.ragged.range(parts.row_lengths()).values % 2 == 1
    spelled = tf.equal(parts.values[:, tf.newaxis], tf.constant(list(literals)))  # (stretches, literals)
    ids = tf.gather(tf.constant(list(literals.values()), tf.int32), tf.argmax(tf.cast(spelled, tf.int32), axis=1))
    return parts, tf.where(is_literal, ids, -1)


def ordinary_text(parts, literal_ids, mask_id):
    """Returns what of the stretches SentencePiece shall see.

    Args:
        parts: (stretches,) strings.
        literal_ids: (stretches,) int32, as of `split_at_literals`.
        mask_id: id of the token that also swallows the white space on its left.

    Returns:
        (stretches,) strings, empty for literals.
    """
    # The first stretch of a text is never a literal, so the last of the text before it sees none.
    before_mask = tf.concat([tf.equal(literal_ids[1:], mask_id), [False]], axis=0)[: tf.size(literal_ids)]
    stripped = tf.where(before_mask, tf.strings.regex_replace(parts, rf"{SPACE}+\z", ""), parts)
    return tf.where(literal_ids >= 0, "", stripped)
