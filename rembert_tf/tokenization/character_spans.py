"""From bytes of the text that SentencePiece saw to characters of the text that the caller gave.

A character is what `tf.strings.unicode_decode(errors="replace")` takes for one: a code point, or the
bytes that one replacement character stands for where the text is not UTF-8.
"""

import tensorflow as tf


def lowered_characters(texts):
    """Returns ragged (batch, None) strings: the characters of texts, each in lower case."""
    # One by one, as in the reference: a capital sigma never becomes the final form.
    characters = tf.strings.unicode_split(texts, "UTF-8", errors="replace")
    lowered = tf.strings.lower(characters.values, encoding="utf-8")
    # That operation takes the character U+0000 for the end of a string.
    return characters.with_values(tf.where(tf.equal(characters.values, "\0"), characters.values, lowered))


class Characters:
    """Where the characters of stretches of text begin and end, the stretches put side by side.

    Args:
        stretches: ragged (batch, None) strings: the texts, cut anywhere between characters.
        lower_case: whether SentencePiece saw them in lower case, whose characters may have other lengths.
    """

    def __init__(self, stretches, lower_case):
        parts = stretches.values
        if lower_case:
            characters = lowered_characters(parts)
            ends = tf.cumsum(tf.strings.length(characters.values, unit="BYTE"))
            self._bounds = tf.concat([[0], ends], axis=0)  # bytes; one more than there are characters
        else:
            _, characters = tf.strings.unicode_decode_with_offsets(parts, "UTF-8", errors="replace")
            ends = tf.cumsum(tf.strings.length(parts, unit="BYTE"))
            begin = tf.gather(tf.concat([[0], ends], axis=0), characters.value_rowids())
            begin += tf.cast(characters.values, tf.int32)
            self._bounds = tf.concat([begin, [_last(ends)]], axis=0)
        self._first = characters.row_splits  # character with which a stretch begins
        self._first_of_text = tf.gather(
            tf.gather(self._first, stretches.row_starts()), stretches.value_rowids()
        )  # (stretches,)

    def lengths(self):
        """Returns (stretches,) int32: how many bytes each has."""
        edges = tf.gather(self._bounds, self._first)
        return edges[1:] - edges[:-1]

    def spans(self, start, end):
        """Turns bytes of the stretches into characters of the texts.

        Args:
            start: ragged (stretches, None) int32: first byte of a piece.
            end: the same: the byte after its last.

        Returns:
            Ragged (stretches, None, 2) int32: the characters that the bytes touch, counted from the text's
            beginning; an empty span stays empty.
        """
        stretch = start.value_rowids()
        base = tf.gather(tf.gather(self._bounds, self._first[:-1]), stretch)
        first = tf.searchsorted(self._bounds[1:], base + start.values, side="right")
        last = tf.searchsorted(self._bounds[:-1], base + end.values, side="left")
        last = tf.where(start.values == end.values, first, last)
        before = tf.cast(tf.gather(self._first_of_text, stretch), tf.int32)
        return start.with_values(tf.stack([first - before, last - before], axis=1))


def _last(ends):
    """Returns the last of some numbers, or 0 where there are none."""
    return tf.concat([[0], ends], axis=0)[-1]
