"""Predicted choices as a file."""

import json
from pathlib import Path

from rembert_tf.weights.atomic_files import write_files


def write_choices(path, examples, predictions):
    """Writes a line for each question, in one piece.

    Args:
        path: ends in `.tsv`: the choice's number, from 0, as XTREME's submissions have a label a line; else JSON
            lines with the question and all probabilities.
        examples: ChoiceExamples.
        predictions: list of dictionaries with `choice` and `probabilities`.
    """
    file = Path(path)
    if file.suffix == ".tsv":
        lines = [str(prediction["choice"]) for prediction in predictions]
    else:
        questions = zip(examples.prompts, examples.choices, predictions, strict=True)
        rows = [{"prompt": prompt, "choices": choices, **answer} for prompt, choices, answer in questions]
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    content = "".join(line + "\n" for line in lines).encode("utf-8")
    write_files(file.parent, {file.name: content}, last=file.name)
