"""Contexts cut into windows of pieces, each behind its question, with the characters of every piece."""

import dataclasses

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.tasks.batches import Batches
from rembert_tf.tokenization.packing import pad

# As in the baselines of XTREME, for rows of 384 pieces.
DOC_STRIDE, MAX_QUESTION_LENGTH = 128, 64
# Rows are long: this rounding adds little, and a compiled step is compiled anew for each width that occurs.
WIDTH_STEP = 32
TEMPLATE = 3  # [CLS] question [SEP] context [SEP]
CHUNK = 512


@dataclasses.dataclass(frozen=True)
class Windows:
    """The windows of many questions, one after the other.

    Their pieces are made once, before training: pieces are the expensive part, and a step then only gathers
    integers.

    Args:
        ids: (pieces,) int32, the rows of all windows without padding.
        splits: (windows + 1,) int64: where each row begins in `ids`.
        question: (windows,) int64: which question a window belongs to.
        context_start: (windows,) int32: the position of its context's first piece in the row.
        offsets: (pieces, 2) int32: the characters of the context that a piece stands for.
        answerable: (pieces,) bool: whether a piece of the context is more than white space; answers begin
            and end with such pieces.
        doc_stride: pieces that consecutive windows share.
    """

    ids: np.ndarray
    splits: np.ndarray
    question: np.ndarray
    context_start: np.ndarray
    offsets: np.ndarray
    answerable: np.ndarray
    doc_stride: int

    def __len__(self):
        return len(self.question)

    @property
    def lengths(self):
        """Pieces of each row, (windows,)."""
        return np.diff(self.splits)

    def context(self, window):
        """Returns the stretch of `ids` and `offsets` that holds a window's context, as a slice."""
        return slice(self.splits[window] + self.context_start[window], self.splits[window + 1] - 1)

    def groups(self):
        """Returns for each question the numbers of its windows, as ranges."""
        starts = np.searchsorted(self.question, np.arange(self.question[-1] + 2)) if len(self) else [0]
        return [range(int(first), int(end)) for first, end in zip(starts[:-1], starts[1:], strict=True)]

    def batches(self, pad_id, batch_size, positions=None):
        """Returns Batches of model input.

        Args:
            pad_id: fills rows up to their batch's width.
            batch_size: windows of a batch.
            positions: (windows, 2) int32: labels, the first and the last piece of the answer; None for
                inputs alone.
        """
        ids = tf.RaggedTensor.from_row_splits(tf.constant(self.ids), self.splits)
        context_start = tf.constant(self.context_start)
        labels = None if positions is None else tf.constant(positions, tf.int32)

        def features(rows, width):
            pieces = tf.gather(ids, rows)
            padded = pad(pieces, pad_id, width)
            place = tf.range(tf.cast(width, tf.int32))
            mask = tf.cast(tf.sequence_mask(pieces.row_lengths(), width), tf.int32)
            second = tf.cast(place >= tf.gather(context_start, rows)[:, tf.newaxis], tf.int32)
            inputs = {"input_ids": padded, "token_type_ids": second * mask, "attention_mask": mask}
            if labels is None:
                return inputs
            answers = tf.gather(labels, rows)
            return inputs, {"start_positions": answers[:, 0], "end_positions": answers[:, 1]}

        return Batches(self.lengths, features, batch_size, width_step=WIDTH_STEP)


def lengths_that_fit(max_length, doc_stride, max_question_length):
    """Returns `doc_stride` and `max_question_length` for rows that may be too short for them.

    Args:
        max_length: pieces of a row.
        doc_stride: pieces that consecutive windows share; fewer where rows are short, so that each window
            has at least as many pieces that the one before lacked.
        max_question_length: pieces of a question, which loses its end beyond; fewer where that is more than
            half of a row.

    Raises:
        InputError: rows of `max_length` have no room for a question and a context.
    """
    room = max_length - TEMPLATE
    if room < 2:
        raise InputError(f"max_length must be {TEMPLATE + 2} or more for a question and a context, not {max_length}.")
    max_question_length = min(max_question_length, room // 2)
    return min(doc_stride, (room - max_question_length) // 2), max_question_length


def make_windows(tokenizer, questions, max_length, doc_stride=DOC_STRIDE, max_question_length=MAX_QUESTION_LENGTH):
    """Returns the Windows of questions.

    Args:
        tokenizer: a RemBertTokenizerFast.
        questions: list of Question.
        max_length: pieces of a row.
        doc_stride: as of `lengths_that_fit`.
        max_question_length: as of `lengths_that_fit`.

    Raises:
        InputError: rows of `max_length` have no room for a question and a context.
    """
    doc_stride, max_question_length = lengths_that_fit(max_length, doc_stride, max_question_length)

    def encode(part):
        return tokenizer.encode_question_windows(
            [question.text for question in part],
            [question.context for question in part],
            max_length=max_length,
            stride=doc_stride,
            max_question_length=max_question_length,
        )

    parts = [_part(encode(questions[at : at + CHUNK]), questions, at) for at in range(0, len(questions), CHUNK)]
    ids, lengths, question, context_start, offsets, answerable = (
        np.concatenate(columns) for columns in zip(*parts, strict=True)
    )
    splits = np.concatenate([[0], np.cumsum(lengths)]).astype("int64")
    return Windows(ids, splits, question, context_start, offsets, answerable, doc_stride)


def _part(encoded, questions, first):
    lengths = encoded["input_ids"].row_lengths().numpy()
    in_context = (encoded["token_type_ids"].values == 1) & (encoded["special_tokens_mask"].values == 0)
    in_context = in_context.numpy()
    offsets = encoded["offset_mapping"].values.numpy()
    question = encoded["overflow_to_sample_mapping"].numpy().astype("int64") + first
    ends = np.cumsum(lengths)
    counted = np.concatenate([[0], np.cumsum(in_context)])
    context_start = lengths - 1 - (counted[ends] - counted[ends - lengths])
    answerable = np.zeros(len(offsets), bool)
    of_piece = np.repeat(question, lengths)
    for number in np.unique(question):
        chosen = np.flatnonzero((of_piece == number) & in_context)
        blank = [character.isspace() for character in questions[number].context]
        letters = np.concatenate([[0], np.cumsum(np.logical_not(blank), dtype="int64")])
        answerable[chosen] = letters[offsets[chosen, 1]] > letters[offsets[chosen, 0]]
    return encoded["input_ids"].values.numpy(), lengths, question, context_start.astype("int32"), offsets, answerable


def answer_positions(windows, questions):
    """Returns (windows, 2) int32: the first and the last piece of each question's first answer.

    They are the pieces that cover the answer's characters, white space around it aside. Windows without the
    whole answer, and those of questions without one, have the position 0 of [CLS] twice, as in BERT's
    original training.

    Args:
        windows: the Windows of the questions.
        questions: list of Question.

    Raises:
        InputError: no answer is known for a question that isn't marked as impossible.
    """
    positions = np.zeros((len(windows), 2), "int32")
    for question, group in zip(questions, windows.groups(), strict=True):
        if question.answers:
            for window in group:
                positions[window] = _positions_in(windows, window, group, question)
        elif not question.is_impossible:
            raise InputError(
                f"{question.place}: no answer is given, so it cannot be trained on; "
                "a question without one needs is_impossible: true."
            )
    return positions


def _positions_in(windows, window, group, question):
    answer = question.answers[0]
    start = answer.start + len(answer.text) - len(answer.text.lstrip())
    end = answer.start + len(answer.text.rstrip())
    context = windows.context(window)
    pieces = np.flatnonzero(windows.answerable[context])
    spans = windows.offsets[context]
    if not len(pieces):
        return 0, 0
    # Characters that normalisation drops belong to no piece: the context's own ends have no pieces beyond.
    begins_before = window != group[0] and start < spans[0, 0]
    ends_after = window != group[-1] and end > spans[-1, 1]
    first = np.searchsorted(spans[pieces, 1], start, side="right")
    last = np.searchsorted(spans[pieces, 0], end, side="left") - 1
    if begins_before or ends_after or first > last:
        return 0, 0
    return pieces[[first, last]] + windows.context_start[window]
