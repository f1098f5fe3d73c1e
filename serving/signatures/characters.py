"""What kinds of characters there are, as a table that a graph can look up."""

import functools
import itertools
import unicodedata

import tensorflow as tf

# Kinds up to DIGIT make words, kinds from SYMBOL on stand beside them.
OTHER, LETTER, DIGIT, UNSPACED, MARK, SPACE, SYMBOL, STOP, CLOSER, JOINER = range(10)

# Blocks of scripts that put no white space between words.
UNSPACED_BLOCKS = (
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x3005, 0x3007),  # ideographic marks
    (0x3031, 0x312F),  # kana and Bopomofo
    (0x31A0, 0x31FF),  # their extensions
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA980, 0xA9FF),  # Javanese, Myanmar
    (0xAA60, 0xAA7F),  # Myanmar
    (0xF900, 0xFAFF),  # Han
    (0xFF66, 0xFF9F),  # kana of half width
    (0x1B000, 0x1B16F),  # kana
    (0x20000, 0x3FFFF),  # Han
)
# What ends a clause or separates a list's items, in scripts that are in use.
STOPS = frozenset(",.،۔।॥،、。，．､｡։՝።፣។")
CLOSERS = frozenset(';:!?؛؟；：！？…"“”‘«»;፤')
# Between letters they belong to the word: l'eau, well-known, R&B, col·lecció, צה״ל.
JOINERS = frozenset("'’ʼ-‐‑_&@·׳״՛՜՞")
ZERO_WIDTH_JOINERS = (0x200C, 0x200D)
SKIN_TONES = range(0x1F3FB, 0x1F400)
FLAG_TAGS = range(0xE0020, 0xE0080)


def kinds_of(points):
    """Returns the kinds (characters,) int32 of code points (characters,) int32."""
    starts, kinds = _ranges()
    place = tf.searchsorted(tf.constant(starts, tf.int32), points, side="right") - 1
    return tf.gather(tf.constant(kinds, tf.int32), place)


def is_space(points):
    """Returns whether code points are white space, as Python's `str.isspace` tells."""
    return tf.equal(kinds_of(points), SPACE)


def valid_text(texts):
    """Returns (batch,) texts as UTF-8, what is not replaced, as by Python's `decode("utf-8", "replace")`."""
    return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")


@functools.cache
def _ranges():
    """Returns the code points where another kind begins, and these kinds."""
    runs = itertools.groupby(range(0x110000), key=_kind)
    first = [(next(members), kind) for kind, members in runs]
    return tuple(point for point, _ in first), tuple(kind for _, kind in first)


def _kind(point):
    character, category = chr(point), unicodedata.category(chr(point))
    if character.isspace():
        return SPACE
    if category[0] == "M" or point in ZERO_WIDTH_JOINERS or point in SKIN_TONES or point in FLAG_TAGS:
        return MARK
    if character in JOINERS:
        return JOINER
    if character in STOPS:
        return STOP
    if character in CLOSERS or category in ("Ps", "Pe", "Pi", "Pf"):
        return CLOSER
    if category[0] in "PS":
        return SYMBOL
    if category[0] in "LN" and any(first <= point <= last for first, last in UNSPACED_BLOCKS):
        return UNSPACED
    return {"L": LETTER, "N": DIGIT}.get(category[0], OTHER)
