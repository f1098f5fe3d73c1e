"""Contexts in windows, and the best spans of each: in a graph what `tasks.question_answering` does in Python."""

import dataclasses

import tensorflow as tf

from rembert_tf.serving.options import MOST_ANSWERS
from rembert_tf.serving.signatures.characters import is_space
from rembert_tf.serving.signatures.chunks import rows_of_a_chunk
from rembert_tf.serving.signatures.most_context import most_context
from rembert_tf.serving.signatures.window_logits import padded_inputs
from rembert_tf.tasks.chunks import in_chunks
from rembert_tf.tasks.question_answering.windows import lengths_that_fit

NOWHERE = float("-inf")


@dataclasses.dataclass(frozen=True)
class AnswerWindows:
    """The windows of a batch of questions. Rows are ragged (windows, None), one entry a piece.

    Args:
        ids: int32.
        token_type_ids: int32.
        may_start: bool: whether an answer begins with the piece: it is more than white space, and has its most
            context in this window.
        may_end: bool: whether it ends with the piece.
        start: (pieces,) int64: the first character of each piece, among those of all contexts.
        end: (pieces,) int64: the one after its last.
        question: (windows,) int64: the question that a window belongs to, rising.
    """

    ids: tf.RaggedTensor
    token_type_ids: tf.RaggedTensor
    may_start: tf.RaggedTensor
    may_end: tf.RaggedTensor
    start: tf.Tensor
    end: tf.Tensor
    question: tf.Tensor


def answer_windows(tokenizer, questions, contexts, points, max_length, options):
    """Returns the AnswerWindows of questions; see `tasks.question_answering.windows.make_windows`.

    Args:
        tokenizer: a RemBertTokenizerFast.
        questions: (batch,) strings.
        contexts: (batch,) strings.
        points: ragged (batch, None) int32, the contexts' code points.
        max_length: pieces of a row.
        options: QuestionAnsweringOptions.
    """
    stride, max_question_length = lengths_that_fit(max_length, options.doc_stride, options.max_question_length)
    rows = tokenizer.encode_question_windows(questions, contexts, max_length, stride, max_question_length)
    ids, question = rows["input_ids"], tf.cast(rows["overflow_to_sample_mapping"], tf.int64)
    in_context = tf.equal(rows["token_type_ids"].values, 1) & tf.equal(rows["special_tokens_mask"].values, 0)
    first_character = tf.gather(tf.gather(points.row_starts(), question), ids.value_rowids())
    start, end = (first_character + tf.cast(rows["offset_mapping"].values[:, side], tf.int64) for side in (0, 1))
    start, end = tf.where(in_context, start, 0), tf.where(in_context, end, 0)
    letters = tf.concat([[0], tf.cumsum(tf.cast(~is_space(points.values), tf.int64))], axis=0)
    may_end = tf.gather(letters, end) > tf.gather(letters, start)
    may_start = may_end & _has_most_context(ids, in_context, question, stride, points.nrows())
    return AnswerWindows(
        ids, rows["token_type_ids"], ids.with_values(may_start), ids.with_values(may_end), start, end, question
    )


def _has_most_context(ids, in_context, question, stride, questions):
    """Returns (pieces,) bool: whether each is of a context, and has its most context in its window."""
    windows = ids.nrows()
    counts = tf.math.unsorted_segment_sum(tf.cast(in_context, tf.int64), ids.value_rowids(), windows)
    first = tf.math.unsorted_segment_min(tf.range(windows), question, questions)
    order = tf.range(windows) - tf.gather(first, question)
    steps = tf.gather(tf.gather(counts, first), question) - stride
    # A context of one window may be shorter than the stride.
    start = tf.where(order > 0, order * steps, 0)
    chosen = most_context(question, start, counts, questions)[0]
    return tf.scatter_nd(tf.where(in_context), chosen, tf.shape(in_context, tf.int64))


def best_spans(model, windows, pad_token_id, max_answer_length):
    """Returns the best spans of each window, not only those between the best starts and the best ends.

    The band of spans up to the longest exists for a chunk of windows at a time. Of equal spans the earlier comes
    first, then the shorter.

    Args:
        model: gives `start_logits` and `end_logits`.
        windows: AnswerWindows.
        pad_token_id: fills shorter windows up.
        max_answer_length: pieces of a span.

    Returns:
        (windows, MOST_ANSWERS) float64 scores, -inf where there are fewer spans; the same of int64: the first
        character of each among those of all contexts, and the one after its last; and (windows,) float64, the
        score of no answer.
    """

    def best(ids, token_type_ids, may_start, may_end, rows):
        outputs = model(padded_inputs(ids, pad_token_id, token_type_ids), training=False)
        starts, ends = (tf.cast(outputs[name], tf.float64) for name in ("start_logits", "end_logits"))
        null = starts[:, 0] + ends[:, 0]
        shape = tf.shape(starts, tf.int64)
        starts = tf.where(may_start.to_tensor(False, shape=shape), starts, NOWHERE)
        ends = tf.where(may_end.to_tensor(False, shape=shape), ends, NOWHERE)
        scores, first, last = _best_of_band(starts, ends, max_answer_length)
        row_start = rows[:, tf.newaxis]
        found = scores > NOWHERE
        return scores, tf.where(found, row_start + first, 0), tf.where(found, row_start + last, 0), null

    many = [None, MOST_ANSWERS]
    kinds = [(tf.float64, many), (tf.int64, many), (tf.int64, many), (tf.float64, [None])]
    columns = (windows.ids, windows.token_type_ids, windows.may_start, windows.may_end, windows.ids.row_starts())
    scores, first, last, null = in_chunks(best, kinds, rows_of_a_chunk(windows.ids), *columns)
    return scores, tf.gather(windows.start, first), tf.gather(windows.end, last), null


def _best_of_band(starts, ends, length):
    """Returns the scores, first and last positions of the best spans, (rows, MOST_ANSWERS) each.

    Args:
        starts: (rows, width) float64.
        ends: (rows, width) float64.
        length: most positions of a span.
    """
    rows, width = tf.unstack(tf.shape(starts))
    beyond = tf.pad(ends, [[0, 0], [0, length - 1]], constant_values=NOWHERE)
    band = tf.gather(beyond, tf.range(width)[:, tf.newaxis] + tf.range(length), axis=1)
    scores = tf.reshape(starts[:, :, tf.newaxis] + band, [rows, width * length])
    # Short rows have fewer spans than are asked for.
    scores = tf.pad(scores, [[0, 0], [0, MOST_ANSWERS]], constant_values=NOWHERE)
    scores, place = tf.math.top_k(scores, MOST_ANSWERS)
    first = place // length
    return scores, tf.cast(first, tf.int64), tf.cast(first + place % length, tf.int64)
