"""What the client returns."""

import dataclasses

import numpy as np

from rembert_tf.errors import InputError

# Outputs that say how many of a row's items are meant; the rest is padding to the batch's longest row.
_COUNTS = ("num_entities", "num_masks")


@dataclasses.dataclass(frozen=True)
class Classification:
    """A sequence classifier's answer to one text.

    Args:
        label: the most probable label; None for a regression or multi-label model.
        score: its probability, or a regression model's value; None for a multi-label model.
        probabilities: float32 (num_labels,); None for a regression model.
    """

    label: str | None
    score: float | None
    probabilities: np.ndarray | None


@dataclasses.dataclass(frozen=True)
class VersionStatus:
    """One version of a model: its number, its state (`AVAILABLE` when it answers) and what went wrong, if anything."""

    version: int
    state: str
    error: str


def classifications(outputs):
    """One `Classification` for each row of a classifier's outputs.

    Raises:
        InputError: the outputs are another kind of model's.
    """
    known = [name for name in ("label", "score", "probabilities") if name in outputs]
    if not known or set(outputs) - set(known):
        raise InputError(f"the model is no sequence classifier: it returns {', '.join(sorted(outputs))}")
    return [
        Classification(
            label=row.get("label"),
            score=float(row["score"]) if "score" in row else None,
            probabilities=row.get("probabilities"),
        )
        for row in split_rows(outputs)
    ]


def split_rows(outputs):
    """Takes a batch apart.

    Args:
        outputs: dict of name -> array (batch, ...).

    Returns:
        For each row a dict of name -> scalar or array, without the padding that `num_entities` and
        `num_masks` tell apart.
    """
    batch_size = min((len(array) for array in outputs.values()), default=0)
    rows = ({name: array[index] for name, array in outputs.items()} for index in range(batch_size))
    return [_without_padding(row) for row in rows]


def _without_padding(row):
    count = next((int(row[name]) for name in _COUNTS if name in row), None)
    return {name: value[:count] if np.ndim(value) else value for name, value in row.items()}


def decode_strings(outputs):
    """Bytes -> text in every string output but those whose name ends in `_bytes`."""
    return {
        name: array if array.dtype != object or name.endswith("_bytes") else _decode(array)
        for name, array in outputs.items()
    }


def _decode(array):
    decoded = np.empty(array.size, object)
    decoded[:] = [item.decode("utf-8", "replace") for item in array.reshape(-1)]
    return decoded.reshape(array.shape)
