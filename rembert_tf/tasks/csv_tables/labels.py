"""Label cells of a table as arrays, for each kind of problem."""

import math

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.tasks.csv_tables.multi_label import SEPARATOR


def single_labels(cells, places, names, column):
    """Returns ((rows,) int32 class numbers, names).

    Args:
        cells: list of strings, a label each.
        places: "file, line n" of each, for messages.
        names: the labels to expect, in order; None takes those that occur, sorted.
        column: what the column is called.

    Raises:
        InputError: a label is empty or not among `names`, or all are the same; the message says where.
    """
    for cell, place in zip(cells, places, strict=True):
        if not cell:
            raise InputError(f"{place}: the label (column {column!r}) is empty.")
        _check_known(cell, place, names)
    if names is None:
        names = sorted(set(cells))
        if len(names) < 2:
            raise InputError(f"{places[0]} and all further rows have the label {names[0]!r}: two are needed at least.")
    number = {name: index for index, name in enumerate(names)}
    return np.array([number[cell] for cell in cells], "int32"), list(names)


def multi_labels(cells, places, names, column):
    """Returns ((rows, classes) float32 of 0 and 1, names); see `single_labels`.

    A cell holds labels joined by "|"; an empty one has none.

    Args:
        cells: list of strings.
        places: "file, line n" of each.
        names: the labels to expect, or None.
        column: what the column is called.

    Raises:
        InputError: a label is not among `names`, one between two separators is empty, or there is none at all.
    """
    split = [[label.strip() for label in cell.split(SEPARATOR)] if cell.strip() else [] for cell in cells]
    for labels, place in zip(split, places, strict=True):
        for label in labels:
            if not label:
                raise InputError(f"{place}: a label between two {SEPARATOR!r} is empty (column {column!r}).")
            _check_known(label, place, names)
    if names is None:
        names = sorted({label for labels in split for label in labels})
        if not names:
            raise InputError(f"{places[0]} and all further rows have no label in column {column!r}.")
    number = {name: index for index, name in enumerate(names)}
    array = np.zeros((len(cells), len(names)), "float32")
    for row, labels in enumerate(split):
        array[row, [number[label] for label in labels]] = 1.0
    return array, list(names)


def numbers(cells, places, names, column):
    """Returns ((rows,) float32, [the column's name]); see `single_labels`.

    Args:
        cells: list of strings, a decimal number each.
        places: "file, line n" of each.
        names: not used: there are no classes.
        column: what the column is called.

    Raises:
        InputError: a cell is no finite number.
    """
    values = []
    for cell, place in zip(cells, places, strict=True):
        try:
            values.append(float(cell))
        except ValueError:
            values.append(math.nan)
        if not math.isfinite(values[-1]):
            raise InputError(f"{place}: {cell!r} in column {column!r} is no number such as 3 or 0.25.")
    return np.array(values, "float32"), list(names or [column])


def _check_known(label, place, names):
    if names is not None and label not in names:
        raise InputError(f"{place}: the label {label!r} does not occur in training; known are {', '.join(names)}.")
