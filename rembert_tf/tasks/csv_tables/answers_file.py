"""Predictions beside their texts, as JSON lines or as a table."""

import csv
import io
import json
import re
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.weights.atomic_files import write_files

KINDS = (".jsonl", ".csv", ".tsv")


def write_answers(path, rows, cell):
    """Writes a row for each prediction, in one piece.

    Args:
        path: ends in `.jsonl` (everything), `.csv` or `.tsv` (texts and label; in a `.tsv`, which has no
            quotes, a tab or a line break within a text becomes a space).
        rows: list of (texts, prediction): two dictionaries.
        cell: function of a prediction that returns the table's cell.

    Raises:
        InputError: another ending, or a place that cannot be written.
    """
    check_kind(path)
    file = Path(path)
    if file.suffix == ".jsonl":
        text = "".join(json.dumps({**texts, **answer}, ensure_ascii=False) + "\n" for texts, answer in rows)
    else:
        cells = [{**texts, "label": cell(answer)} for texts, answer in rows]
        text = _plain_table(cells) if file.suffix == ".tsv" else _quoted_table(cells)
    write_files(file.parent, {file.name: text.encode("utf-8")}, last=file.name)


def check_kind(path):
    """Raises an InputError unless a path ends as a kind of file that is written."""
    if Path(path).suffix not in KINDS:
        raise InputError(f"the output {str(path)!r} must end in {', '.join(KINDS[:-1])} or {KINDS[-1]}.")


def _plain_table(rows):
    lines = [list(rows[0]), *([re.sub(r"[\t\r\n]+", " ", cell) for cell in row.values()] for row in rows)]
    return "".join("\t".join(line) + "\n" for line in lines)


def _quoted_table(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
