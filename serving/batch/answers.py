"""Outputs of a batch -> for each row an object for JSON."""

import numpy as np

from rembert_tf.serving.batch.bad_rows import BadRow
from rembert_tf.serving.batch.json_values import json_value
from rembert_tf.serving.client.heads import CHOICE, TOKENIZE
from rembert_tf.serving.client.rows import decode_strings, split_rows

_HIDDEN = "attention_mask"


def answers_of(outputs, requests):
    """Takes a batch apart.

    Args:
        outputs: {name: array (batch, ...)}.
        requests: the inputs of each row; see `Request`.

    Returns:
        For each row {output: value}, without what fills up a batch; a BadRow where a number is none.
    """
    rows = split_rows(decode_strings(outputs))
    if outputs.keys() == TOKENIZE.outputs:
        rows = [{name: value[row[_HIDDEN].astype(bool)] for name, value in row.items()} for row in rows]
    if outputs.keys() == CHOICE.outputs:
        offered = [max(map(len, _lists(inputs)), default=0) for inputs in requests]
        rows = [{**row, "probabilities": row["probabilities"][:n]} for row, n in zip(rows, offered, strict=True)]
    return [_plain(row) for row in rows]


def _lists(inputs):
    return [value for value in inputs.values() if isinstance(value, list)]


def _plain(row):
    bad = [name for name, value in row.items() if _is_float(value) and not np.all(np.isfinite(value))]
    if bad:
        return BadRow(f"the model's {bad[0]} is not a finite number")
    return {name: _value(value) for name, value in row.items()}


def _is_float(value):
    return np.issubdtype(np.asarray(value).dtype, np.floating)


def _value(value):
    if isinstance(value, (str, bytes)):
        return json_value(value)
    value = np.asarray(value)
    if value.dtype == np.float32:
        # The shortest digits that give the number back: as float64 it would have many more.
        value = value.astype("U").astype(np.float64)
    return json_value(value.tolist())
