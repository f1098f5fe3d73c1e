"""Predicted tags as a file: XTREME's submission format, or JSON lines with the words."""

import json
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.tasks.tagging.tag_scores import check_lengths
from rembert_tf.weights.atomic_files import write_files

KINDS = (".tsv", ".jsonl")


def write_tags(path, sentences, predictions):
    """Writes the tags of all sentences, in one piece.

    Args:
        path: ends in `.tsv` for one bare tag a line and a blank line between sentences; in `.jsonl` for an
            object a sentence with `words`, `tags` and `scores`.
        sentences: list of lists of words.
        predictions: what `predict_tags` returned for them.

    Raises:
        InputError: another ending, predictions of other sentences, or a place that cannot be written.
    """
    file = Path(path)
    if file.suffix not in KINDS:
        raise InputError(f"the output {str(path)!r} must end in {' or '.join(KINDS)}.")
    check_lengths(sentences, [prediction["tags"] for prediction in predictions])
    content = _bare_tags(predictions) if file.suffix == ".tsv" else _json_lines(sentences, predictions)
    write_files(file.parent, {file.name: content.encode("utf-8")}, last=file.name)


def _bare_tags(predictions):
    # XTREME's evaluate.py (`read_tag`) takes the whole line for the tag, and every blank line for the end of a
    # sentence; run_tag.py (`save_predictions`) writes no token and no blank line at the end.
    return "\n".join("".join(f"{tag}\n" for tag in prediction["tags"]) for prediction in predictions)


def _json_lines(sentences, predictions):
    rows = [{"words": words, **prediction} for words, prediction in zip(sentences, predictions, strict=True)]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
