"""Raw text as words, as the data for tagging has them: with punctuation split off."""

import tensorflow as tf

from rembert_tf.serving.signatures.characters import (
    CLOSER,
    DIGIT,
    JOINER,
    LETTER,
    MARK,
    SPACE,
    STOP,
    SYMBOL,
    UNSPACED,
    kinds_of,
)
from rembert_tf.serving.signatures.runs import begins_run, ends_run

APOSTROPHES = "'’"
# Single letters that stand before an apostrophe for a word: l'eau, d'Italia, s'il.
ELIDED = "cdjlmnstCDJLMNST"
REGIONAL_INDICATORS = (0x1F1E6, 0x1F1FF)
JOINS_NEXT = 0x200D


def split_words(points, pretokenized):
    """Finds the words of texts.

    White space separates words. So does punctuation, which is a word itself: "(Berlin)," has four of them. It
    stays in the word between letters (well-known, don't, U.S.) and between digits (3.14, 10:30); a single letter
    keeps its full stop (J. Smith); an elided word ends behind its apostrophe (l' Italie). A stretch in a script
    without spaces (Chinese, Japanese, Thai, Khmer, ...) is one word here, and whoever tags it goes on with its
    pieces. Combining marks, joined emoji and flags are never taken apart.

    A text whose tokens stand apart already, "Paris , France .", is cut at white space alone: so tokens of
    annotated data come back as they are.

    Args:
        points: ragged (batch, None) int32 code points.
        pretokenized: whether all texts are cut at white space alone.

    Returns:
        For the words of all texts in a row: `text` (words,) int64, the text that a word belongs to; `start` and
        `end` (words,) int64, its characters among those of all texts; and `unspaced` (words,) bool.
    """
    kinds, rows = kinds_of(points.values), points.value_rowids()
    begins_text = begins_run(rows)
    attached = tf.equal(kinds, MARK) & ~begins_text & ~tf.equal(_before(kinds, SPACE), SPACE)
    # From here on a character means one with its marks.
    place = tf.where(~attached)[:, 0]
    text = tf.gather(rows, place)
    letters = _Neighbours(tf.gather(points.values, place), tf.gather(kinds, place), text)
    after_joiner = tf.gather(tf.equal(_before(points.values, 0), JOINS_NEXT), place)
    apart = letters.joined(after_joiner)
    if pretokenized:
        joined = tf.ones_like(apart)
    else:
        by_space = tf.gather(_stand_apart(letters, text, points.nrows()), text)
        joined = by_space | apart
    is_space = tf.equal(letters.kinds, SPACE)
    begins = ~is_space & (tf.equal(letters.previous, SPACE) | ~joined)
    ends = ~is_space & (tf.equal(letters.next, SPACE) | ends_run(begins))
    beyond = tf.concat([place[1:], tf.size(kinds, tf.int64)[tf.newaxis]], axis=0)[: tf.size(place)]
    start, word_text = tf.boolean_mask(place, begins), tf.boolean_mask(text, begins)
    whole = tf.fill([tf.size(text)], pretokenized) if pretokenized else by_space
    unspaced = tf.equal(letters.kinds, UNSPACED) & ~whole
    return word_text, start, tf.boolean_mask(beyond, ends), tf.boolean_mask(unspaced, begins)


class _Neighbours:
    """Characters with the kinds of those beside them; beyond a text's ends there is white space.

    Args:
        points: (characters,) int32.
        kinds: (characters,) int32.
        text: (characters,) int64.
    """

    def __init__(self, points, kinds, text):
        self.points, self.kinds = points, kinds
        self.begins_text = begins_run(text)
        self.ends_text = ends_run(self.begins_text)
        self.previous = tf.where(self.begins_text, SPACE, _before(kinds, SPACE))
        self.next = tf.where(self.ends_text, SPACE, _after(kinds, SPACE))
        self.second_previous = tf.where(self.begins_text, SPACE, _before(self.previous, SPACE))
        self.is_mark = kinds >= SYMBOL

    def joined(self, after_joiner):
        """Returns whether each belongs to the word of the one before it.

        Args:
            after_joiner: (characters,) bool: whether a zero-width joiner stands before it.
        """
        previous_point = _before(self.points, 0)
        in_word, after_word = self.kinds <= DIGIT, self.previous <= DIGIT
        first, last = REGIONAL_INDICATORS
        flag = (self.points >= first) & (self.points <= last) & (previous_point >= first) & (previous_point <= last)
        same_mark = tf.equal(self.points, previous_point) | flag | after_joiner
        inner = self._inner()
        stays_open = _before(inner & ~self._elision(inner), False)
        return (
            (in_word & after_word)
            | (tf.equal(self.kinds, UNSPACED) & tf.equal(self.previous, UNSPACED))
            | (self.is_mark & (self.previous >= SYMBOL) & same_mark)
            | (after_word & (inner | self.abbreviates()))
            | (in_word & stays_open)
        )

    def _inner(self):
        """Returns whether each is a mark that belongs to the letters or digits on both of its sides."""
        between = self.is_mark & (self.previous <= DIGIT) & (self.next <= DIGIT)
        numeric = tf.equal(self.previous, DIGIT) & tf.equal(self.next, DIGIT) & _among(self.points, ",:/")
        return between & (tf.equal(self.kinds, JOINER) | _among(self.points, ".") | numeric)

    def _elision(self, inner):
        """Returns whether each is an apostrophe that ends an elided word: l', qu', dell'."""
        before, second = _before(self.points, 0), _before(_before(self.points, 0), 0)
        single = _among(before, ELIDED) & (self.second_previous > DIGIT)
        ending = (_among(before, "uU") & _among(second, "qQ")) | (_among(before, "lL") & _among(second, "lL"))
        return inner & _among(self.points, APOSTROPHES) & (single | ending) & tf.equal(self.next, LETTER)

    def abbreviates(self):
        """Returns whether each is the full stop of a single letter, as in U.S. or J. Smith."""
        single = tf.equal(self.previous, LETTER) & (self.second_previous > DIGIT)
        goes_on = ~self.ends_text | _among(_before(_before(self.points, 0), 0), ".")
        return _among(self.points, ".") & single & goes_on & (tf.equal(self.next, SPACE) | (self.next >= SYMBOL))


def _stand_apart(letters, text, texts):
    """Returns (texts,) bool: whether tokens are separated by white space already.

    They are where a comma or a full stop stands alone, which no orthography wants. Other marks do so in some, as
    in "Qui ?"; those count where nothing is attached to a word.
    """
    before, after = tf.equal(letters.previous, SPACE), tf.equal(letters.next, SPACE)
    stop, closer = tf.equal(letters.kinds, STOP), tf.equal(letters.kinds, CLOSER)
    alone = before & after
    at_edge = (before & (letters.next < SPACE)) | (after & (letters.previous < SPACE))
    behind_mark = after & ~before & ~_among(letters.points, ".")
    attached = ((stop | closer) & at_edge & ~letters.abbreviates()) | (stop & behind_mark)
    stops, closers, edges = (
        tf.math.unsorted_segment_max(tf.cast(found, tf.int32), text, texts) > 0
        for found in (stop & alone, closer & alone, attached)
    )
    return stops | (closers & ~edges)


def _among(points, characters):
    return tf.reduce_any(tf.equal(points[:, tf.newaxis], [ord(character) for character in characters]), axis=1)


def _before(values, outside):
    """Returns for each value the one before it."""
    return tf.concat([[tf.cast(outside, values.dtype)], values], axis=0)[:-1]


def _after(values, outside):
    return tf.concat([values, [tf.cast(outside, values.dtype)]], axis=0)[1:]
