"""A number for each text: answers, scores and mistakes."""

import numpy as np

from rembert_tf.tasks.pairs.single_label import checked
from rembert_tf.tasks.task import Mistake


def answers(logits, names):
    """Returns a dictionary of `score` for each row.

    Args:
        logits: list of (1,) arrays.
        names: of the number; not used.
    """
    return [{"score": float(row[0])} for row in logits]


def score(examples, predictions):
    """Returns Pearson's and Spearman's correlation, -1 to 1, and the root of the mean squared error.

    A correlation with numbers that are all equal is not defined; it counts as 0.
    """
    true = np.asarray(examples.known_labels(), "float64")
    given = _given(examples, predictions)
    return {
        "pearson": correlation(true, given),
        "spearman": correlation(ranks(true), ranks(given)),
        "rmse": float(np.sqrt(np.mean((true - given) ** 2))),
    }


def correlation(first, second):
    """Returns Pearson's correlation of two float64 arrays, 0 where one of them is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    first, second = first - first.mean(), second - second.mean()
    return float(np.clip(np.sum(first / np.linalg.norm(first) * (second / np.linalg.norm(second))), -1.0, 1.0))


def ranks(values):
    """Returns the ranks of numbers from 1, float64; equal numbers share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]


def mistakes(examples, predictions):
    """Returns every example that is off as a Mistake, with its distance as badness; there are no classes."""
    true, given = examples.known_labels(), _given(examples, predictions)
    off = [
        Mistake(
            text=examples.shown(row),
            expected=f"{true[row]:g}",
            predicted=f"{given[row]:g}",
            badness=float(abs(true[row] - given[row])),
            language=examples.languages[row],
            length=len(examples.shown(row)),
        )
        for row in range(len(examples))
        if true[row] != given[row]
    ]
    return off, {}


def cell(prediction):
    """Returns a prediction as the cell of a table."""
    return f"{prediction['score']:.6g}"


def _given(examples, predictions):
    return np.array([prediction["score"] for prediction in checked(examples, predictions)], "float64")
