"""Labelled texts for single-label classification, from the tables of the `csv` task."""

import dataclasses

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.text_files.tables import LABEL, TEXT, TEXT_PAIR, read_tables


@dataclasses.dataclass(frozen=True)
class ClassificationData:
    """Texts with class numbers.

    Args:
        texts: list of strings.
        pairs: second texts, or None.
        labels: (rows,) int32 class numbers, or None.
        names: the labels' names, in the order of their numbers.
        extra: other columns, {name: list of strings}.
    """

    texts: list
    pairs: list | None
    labels: np.ndarray | None
    names: list
    extra: dict = dataclasses.field(default_factory=dict)

    def __len__(self):
        return len(self.texts)


def read_classification_data(paths, names=None, columns=None, label_column=LABEL):
    """Reads files with the columns `text`, optionally `text_pair`, and a label.

    Args:
        paths: files of one kind; see `rembert_tf.text_files.tables.read_table`.
        names: the labels to expect, in order; None takes those that occur, sorted.
        columns: names of the columns of files without a header.
        label_column: the column that holds the label.

    Raises:
        InputError: a column is missing, a label is empty, or it is not among `names`; the message says
            in which file and line.
    """
    tables = read_tables(paths, columns)
    for table in tables:
        table.require(TEXT, label_column)
        _check_labels(table, label_column, names)
    merged = {name: [cell for table in tables for cell in table.columns[name]] for name in tables[0].columns}
    labels = merged.pop(label_column)
    names = sorted(set(labels)) if names is None else list(names)
    if len(names) < 2:
        raise InputError(
            f"{', '.join(map(str, paths))}: every row has the label {names[0]!r}; two are needed at least."
        )
    number = {name: index for index, name in enumerate(names)}
    return ClassificationData(
        texts=merged.pop(TEXT),
        pairs=merged.pop(TEXT_PAIR, None),
        labels=np.array([number[label] for label in labels], "int32"),
        names=names,
        extra=merged,
    )


def _check_labels(table, label_column, names):
    known = None if names is None else set(names)
    for row, label in enumerate(table.columns[label_column]):
        if not label:
            raise InputError(f"{table.place(row)}: the label (column {label_column!r}) is empty.")
        if known is not None and label not in known:
            raise InputError(
                f"{table.place(row)}: the label {label!r} does not occur in training; known are {', '.join(names)}."
            )
