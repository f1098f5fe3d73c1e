"""The files of XNLI and PAWS-X: two sentences and a label, separated by tabs.

XTREME writes them with Python's `csv.writer` and a tab as the delimiter: a sentence with a quotation mark is
quoted, and the mark doubled. PAWS-X's own files (`x-final`) have a header and an id, and quote nothing.
"""

import csv

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.text_files.languages import language_of
from rembert_tf.text_files.opening import open_text

RAW_HEADER = ["id", "sentence1", "sentence2", "label"]
FORMAT = "sentence1, sentence2 and a label (in all rows or in none), separated by tabs"

# A sentence may be longer than the csv module's 128 KiB.
csv.field_size_limit(2**30)


def read_pairs(paths, names):
    """Returns TextExamples of files in XTREME's format, or in PAWS-X's own.

    Args:
        paths: list of files; plain, .gz or .xz.
        names: the labels there are, in the order of their numbers.

    Raises:
        MissingFileError: a file does not exist.
        InputError: a file is empty, a row has another number of columns, a label is unknown, or some rows have
            labels and others none; the message says in which file and line.
    """
    rows = [row for path in paths for row in _rows(path)]
    number = {name: index for index, name in enumerate(names)}
    labels = []
    for place, _, cells in rows:
        if len(cells) != len(rows[0][2]):
            raise InputError(f"{place}: {len(cells)} columns, where {rows[0][0]} has {len(rows[0][2])}.")
        if len(cells) == 3:
            if cells[2].strip() not in number:
                raise InputError(f"{place}: the label {cells[2]!r} is none of {', '.join(names)}.")
            labels.append(number[cells[2].strip()])
    return TextExamples(
        texts=[cells[0] for _, _, cells in rows],
        pairs=[cells[1] for _, _, cells in rows],
        labels=np.array(labels, "int32") if labels else None,
        names=list(names),
        languages=[language for _, language, _ in rows],
        files=paths,
    )


def _rows(path):
    """Returns a list of (place, language, [sentence1, sentence2] or [sentence1, sentence2, label])."""
    raw = _is_raw(path)
    language, rows = language_of(path), []
    for line, cells in _cells(path, raw):
        cells = cells[1:] if raw else cells
        if len(cells) not in (2, 3):
            found = len(cells) + raw
            wanted = f"id, {FORMAT}" if raw else FORMAT
            raise InputError(f"{path}, line {line}: {found} column{'s' * (found != 1)}; expected {wanted}.")
        rows.append((f"{path}, line {line}", language, cells))
    rows = rows[1:] if raw else rows
    if not rows:
        raise InputError(f"{str(path)!r} has no rows: expected {FORMAT}.")
    return rows


def _is_raw(path):
    first = next(open_text(path), "").rstrip("\r\n").split("\t")
    return first in (RAW_HEADER, RAW_HEADER[:3])


def _cells(path, raw):
    style = {"quoting": csv.QUOTE_NONE} if raw else {"strict": True}
    reader = csv.reader(open_text(path), delimiter="\t", **style)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            raise InputError(
                f"{path}, line {line}: the quotation marks are not as Python's csv.writer writes them ({problem}): "
                'a sentence that holds one is quoted, and the mark doubled: "He said ""yes""."'
            ) from None
        if cells is None:
            return
        if cells:
            yield line, cells
