"""What a language model made of each line, as a file."""

import json
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.tasks.pairs.single_label import checked
from rembert_tf.weights.atomic_files import write_files


def write_lines(path, examples, predictions):
    """Writes `{"text": ..., ...}` with a prediction's fields for each text, as JSON lines in one piece.

    Args:
        path: ends in `.jsonl`.
        examples: TextLines.
        predictions: list of dictionaries.

    Raises:
        InputError: another ending, or a place that cannot be written.
    """
    file = Path(path)
    if file.suffix != ".jsonl":
        raise InputError(f"the output {str(path)!r} must end in .jsonl.")
    rows = zip(examples.texts, checked(examples, predictions), strict=True)
    text = "".join(json.dumps({"text": line, **answer}, ensure_ascii=False) + "\n" for line, answer in rows)
    write_files(file.parent, {file.name: text.encode("utf-8")}, last=file.name)
