"""What is explained of a multiple choice model: the score of one choice."""

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.serving.playground.explained.row import ExplainedRow, encoded_row, number_of, row_inputs, text_of


def explained_row(model, tokenizer, inputs, target, settings):
    """Returns the ExplainedRow of `prompt` beside one of `choices`.

    Args:
        model: a RemBertForMultipleChoice.
        tokenizer: its RemBertTokenizerFast.
        inputs: of a request.
        target: may hold `choice`, its number; default the first.
        settings: ReadingSettings.
    """
    choices = inputs.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(choice, str) for choice in choices):
        raise InputError("inputs.choices must be a list of strings, one at least.")
    number = number_of(target, "choice", len(choices), default=0)
    choice = text_of({"choices": choices[number]}, "choices")
    ids, types = encoded_row(tokenizer, text_of(inputs, "prompt"), choice, max_length=settings.max_length)

    def score(vectors):
        # (rows, length, ...) becomes (rows, 1 choice, length, ...): choices are scored apart.
        row = {name: value[:, tf.newaxis] for name, value in row_inputs(ids, types, vectors).items()}
        return tf.cast(model(row, training=False)[:, 0], tf.float32)

    return ExplainedRow(ids, types, score, f"the score of choice {number + 1} before the softmax")
