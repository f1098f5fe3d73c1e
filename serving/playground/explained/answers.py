"""What is explained of a reader: how likely one answer is, in the window where it was found."""

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.serving.options import QuestionAnsweringOptions
from rembert_tf.serving.playground.explained.row import ExplainedRow, log_odds, row_inputs, text_of
from rembert_tf.serving.signatures.answer_windows import answer_windows
from rembert_tf.serving.signatures.characters import valid_text


def explained_row(model, tokenizer, inputs, target, settings):
    """Returns the ExplainedRow of `question` beside a window of `context`.

    Args:
        model: a RemBertForQuestionAnswering.
        tokenizer: its RemBertTokenizerFast.
        inputs: of a request.
        target: may hold `start` and `end`, the answer's characters; without them the first window is meant.
        settings: ReadingSettings.
    """
    question, context = (valid_text(tf.constant([text_of(inputs, name)])) for name in ("question", "context"))
    points = tf.strings.unicode_decode(context, "UTF-8").with_row_splits_dtype(tf.int64)
    options = QuestionAnsweringOptions()
    windows = answer_windows(tokenizer, question, context, points, settings.max_length, options)
    asked = target.get("start") is not None
    row, first, last = _place(windows, target.get("start"), target.get("end")) if asked else (0, None, None)
    ids, types = windows.ids[row].numpy(), windows.token_type_ids[row].numpy()

    def score(vectors):
        outputs = model(row_inputs(ids, types, vectors), training=False)
        return log_odds(outputs["start_logits"], first) + log_odds(outputs["end_logits"], last)

    return ExplainedRow(
        ids, types, score if asked else None, "the log-odds of the answer's start plus those of its end"
    )


def _place(windows, start, end):
    """Returns the window that an answer was found in, and the positions of its first and its last piece.

    Args:
        windows: AnswerWindows of one question.
        start: the answer's first character.
        end: the one after its last.
    """
    if isinstance(start, int) and isinstance(end, int):
        may_start, may_end = windows.may_start.values.numpy(), windows.may_end.values.numpy()
        begins, ends = windows.start.numpy(), windows.end.numpy()
        splits = windows.ids.row_splits.numpy()
        for row, (low, high) in enumerate(zip(splits[:-1], splits[1:], strict=True)):
            firsts = [at for at in range(low, high) if may_start[at] and begins[at] <= start < ends[at]]
            lasts = [at for at in range(low, high) if may_end[at] and begins[at] < end <= ends[at]]
            if firsts and lasts and firsts[0] <= lasts[-1]:
                return row, int(firsts[0] - low), int(lasts[-1] - low)
    raise InputError(
        f"target.start and target.end must be the characters of an answer, not {start!r:.60}, {end!r:.60}."
    )
