"""From the tags of units to spans of text with a label."""

import tensorflow as tf

OUTSIDE = "O"
# Of IOB, and of schemes that also mark an entity's end or an entity of one word (IOBES, BILOU).
BEGINNINGS, ENDS, INSIDE = "BSU", "ESL", "I"


class TagScheme:
    """What tags say about where entities begin and end.

    Tags have prefixes, as in B-PER, if any of them begins with "B-" or "I-". Without prefixes every word is an
    entity of its own.

    Args:
        tags: names of the classes, in the order of the logits.
        joined: whether words become one span by their tags.
    """

    def __init__(self, tags, joined):
        prefixed = joined and any(tag[:2] in ("B-", "I-") for tag in tags)
        parts = [_split(tag) if prefixed else ("B", tag) for tag in tags]
        self.names = list(dict.fromkeys(name for _, name in parts))
        self._name = tf.constant([self.names.index(name) for _, name in parts])
        self._begins = tf.constant([prefix in BEGINNINGS for prefix, _ in parts])
        self._ends = tf.constant([prefixed and prefix in ENDS for prefix, _ in parts])
        self._outside = tf.constant([tag == OUTSIDE for tag in tags])

    def spans(self, units, tag, score, include_outside):
        """Joins units into spans: a span ends where another type follows, a tag begins one, or a tag ends it.

        Args:
            units: Units.
            tag: (units,) integers, the class of each.
            score: (units,) float32, its probability.
            include_outside: whether units outside of all entities are spans.

        Returns:
            For all spans in a row: `text` int64, `name` int32 (of `names`), `start`, `end` int32, and `score`
            float32, the mean of its units'.
        """
        name, outside = tf.gather(self._name, tag), tf.gather(self._outside, tag)
        continues = (
            tf.equal(name[1:], name[:-1])
            & tf.equal(units.text[1:], units.text[:-1])
            & ~tf.gather(self._begins, tag[1:])
            & ~tf.gather(self._ends, tag[:-1])
            & ~outside[1:]
        )
        begins = tf.concat([[True], ~continues], axis=0)[: tf.size(tag)]
        first = tf.boolean_mask(tf.range(tf.size(tag)), begins)
        span = tf.cumsum(tf.cast(begins, tf.int32)) - 1
        found = {
            "text": tf.gather(units.text, first),
            "name": tf.gather(name, first),
            "start": tf.gather(units.start, first),
            "end": tf.math.unsorted_segment_max(units.end, span, tf.size(first)),
            "score": tf.math.unsorted_segment_mean(score, span, tf.size(first)),
        }
        if include_outside:
            return found
        kept = ~tf.gather(outside, first)
        return {key: tf.boolean_mask(value, kept) for key, value in found.items()}


def _split(tag):
    """Returns (prefix, name) of a tag; one without prefix is of one word."""
    prefix, _, name = tag.partition("-")
    if name and prefix in set(BEGINNINGS + ENDS + INSIDE):
        return prefix, name
    return "B", tag
