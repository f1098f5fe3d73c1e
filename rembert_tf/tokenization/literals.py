"""Finding special tokens that a text spells out, such as the [MASK] of a fill-mask request."""

import re

import tensorflow as tf

# Every character that Python's str.isspace knows; the expression language's own \s is ASCII alone.
SPACE = r"[\t-\r\x1c-\x1f\x{85}\p{Z}]"

# Noncharacters, which Unicode reserves for internal use. A text may hold them all the same, so every
# MARK in it is escaped first: the separator then cannot occur.
MARK, SEPARATOR, ESCAPED = "\ufdd0", "\ufdd0\ufdd1", "\ufdd0\ufdd2"


def split_at_literals(texts, literals, left_stripped):
    """Cuts texts at the spellings of special tokens, the longer spelling where two begin together.

    Args:
        texts: (batch,) strings.
        literals: the special tokens' spellings.
        left_stripped: those of them that also swallow the white space on their left.

    Returns:
        Ragged (batch, None) strings: ordinary stretches and literals in their order, empty stretches
        where literals meet.
    """

    def any_of(spellings):
        return "|".join(re.escape(spelling) for spelling in sorted(spellings, key=len, reverse=True))

    plain = [literal for literal in literals if literal not in left_stripped]
    groups = ([rf"{SPACE}*({any_of(left_stripped)})"] if left_stripped else []) + (
        [f"({any_of(plain)})"] if plain else []
    )
    found = "".join(rf"\{number}" for number in range(1, len(groups) + 1))
    texts = tf.strings.regex_replace(texts, MARK, ESCAPED)
    texts = tf.strings.regex_replace(texts, "|".join(groups), f"{SEPARATOR}{found}{SEPARATOR}")
    parts = tf.strings.split(texts, SEPARATOR)
    return parts.with_values(tf.strings.regex_replace(parts.values, ESCAPED, MARK))


def literal_ids(parts, ids):
    """Looks up which stretches are special tokens.

    Args:
        parts: (stretches,) strings.
        ids: {spelling: id}.

    Returns:
        Ragged (stretches, None): one id where the stretch is a special token, else none.
    """
    token_id = tf.fill(tf.shape(parts), -1)
    for spelling, number in ids.items():
        token_id = tf.where(tf.equal(parts, spelling), number, token_id)
    is_literal = token_id >= 0
    return tf.RaggedTensor.from_row_lengths(
        tf.boolean_mask(token_id, is_literal), tf.cast(is_literal, tf.int64), validate=False
    )
