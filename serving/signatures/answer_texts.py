"""From the spans of windows to the answers of questions: in a graph what `tasks.question_answering.answers` does."""

import dataclasses

import tensorflow as tf

from rembert_tf.serving.options import MOST_ANSWERS
from rembert_tf.serving.signatures.characters import is_space


@dataclasses.dataclass(frozen=True)
class Answers:
    """The answers of a batch of questions, all in a row, those of a question from the best on.

    Args:
        question: (answers,) int64, rising.
        rank: (answers,) int64, from 0 in each question.
        text: (answers,) strings without white space around them, no two of a question the same.
        start: (answers,) int32: first character of the context.
        end: (answers,) int32: the one after the last.
        logit: (answers,) float64: the sum of its two logits.
        score: (answers,) float32: its probability among the question's answers.
    """

    question: tf.Tensor
    rank: tf.Tensor
    text: tf.Tensor
    start: tf.Tensor
    end: tf.Tensor
    logit: tf.Tensor
    score: tf.Tensor

    def column(self, name, shape):
        """Returns a field as a rectangle; there are zeros or empty strings where a question has fewer answers.

        Args:
            name: of the field.
            shape: (questions, ranks).
        """
        values, kept = getattr(self, name), self.rank < tf.cast(shape[1], tf.int64)
        places = tf.boolean_mask(tf.stack([self.question, self.rank], axis=1), kept)
        blank = tf.fill(shape, "") if values.dtype == tf.string else tf.zeros(shape, values.dtype)
        return tf.tensor_scatter_nd_update(blank, places, tf.boolean_mask(values, kept))

    def keep(self, kept):
        """Returns the answers of some questions, (questions,) bool."""
        chosen = tf.gather(kept, self.question)
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return Answers(**{name: tf.boolean_mask(values, chosen) for name, values in fields.items()})


def answer_texts(points, question, scores, start, end):
    """Returns the Answers of questions, at most MOST_ANSWERS of each.

    Args:
        points: ragged (batch, None) int32, the contexts' code points.
        question: (windows,) int64: the question that a window belongs to.
        scores: (windows, spans) float64, -inf for no span.
        start: (windows, spans) int64: first character among those of all contexts.
        end: (windows, spans) int64: the one after the last.
    """
    rows = tf.broadcast_to(question[:, tf.newaxis], tf.shape(scores))
    possible = tf.math.is_finite(scores)
    spans = [tf.boolean_mask(column, possible) for column in (rows, scores, *_trimmed(points.values, start, end))]
    # Sorted by score, then by question: what was sorted before stays in its order.
    for key, direction in ((1, "DESCENDING"), (0, "ASCENDING")):
        order = tf.argsort(spans[key], direction=direction, stable=True)
        spans = [tf.gather(column, order) for column in spans]
    characters = tf.ragged.range(spans[2], spans[3])
    texts = tf.strings.unicode_encode(characters.with_values(tf.gather(points.values, characters.values)), "UTF-8")
    new = _first_of_equal(tf.strings.join([tf.strings.as_string(spans[0]), texts], ":"))
    columns = [tf.boolean_mask(column, new) for column in (*spans, texts)]
    rank = _ranks(columns[0], points.nrows())
    best = rank < MOST_ANSWERS
    row, logit, start, end, texts, rank = (tf.boolean_mask(column, best) for column in (*columns, rank))
    before = tf.gather(points.row_starts(), row)
    start, end = tf.cast(start - before, tf.int32), tf.cast(end - before, tf.int32)
    return Answers(row, rank, texts, start, end, logit, _shares(row, logit, points.nrows()))


def _trimmed(points, start, end):
    """Returns the spans without white space around them; a blank one ends up anywhere."""
    letters = ~is_space(points)
    counts = tf.concat([[0], tf.cumsum(tf.cast(letters, tf.int64))], axis=0)
    places = tf.concat([tf.where(letters)[:, 0], [0]], axis=0)
    first = tf.gather(places, tf.gather(counts, start))
    last = tf.gather(places, tf.maximum(tf.gather(counts, end) - 1, 0)) + 1
    return first, last


def _first_of_equal(texts):
    """Returns (texts,) bool: whether none before it is the same."""
    distinct, number = tf.unique(texts)
    place = tf.range(tf.size(texts))
    first = tf.math.unsorted_segment_min(place, number, tf.size(distinct))
    return tf.equal(tf.gather(first, number), place)


def _ranks(row, rows):
    """Returns (entries,) int64: how many of the same row come before each; rows rise."""
    count = tf.math.unsorted_segment_sum(tf.ones_like(row), row, rows)
    return tf.range(tf.size(row, tf.int64)) - tf.gather(tf.cumsum(count, exclusive=True), row)


def _shares(row, logits, rows):
    """Returns the softmax of the entries of each row, float32."""
    weights = tf.exp(logits - tf.gather(tf.math.unsorted_segment_max(logits, row, rows), row))
    return tf.cast(weights / tf.gather(tf.math.unsorted_segment_sum(weights, row, rows), row), tf.float32)
