"""Any number of classes for each text: answers, scores and mistakes."""

import numpy as np

from rembert_tf.tasks.pairs.single_label import checked
from rembert_tf.tasks.task import Mistake

SEPARATOR = "|"
# A class is given where its own probability is at least this.
THRESHOLD = 0.5


def answers(logits, names):
    """Returns a dictionary of `labels` (a list) and all `probabilities` for each row.

    Args:
        logits: list of (classes,) arrays.
        names: the classes' names.
    """
    rows = []
    for row in 1 / (1 + np.exp(-np.stack(logits).astype("float64"))):
        given = [name for name, share in zip(names, row, strict=True) if share >= THRESHOLD]
        ranked = {name: round(float(share), 6) for name, share in zip(names, row, strict=True)}
        rows.append({"labels": given, "probabilities": ranked})
    return rows


def score(examples, predictions):
    """Returns micro and macro F1 and the share of texts whose labels are all right.

    Classes that neither occur nor are given don't count in macro F1, as for single labels.
    """
    true = examples.known_labels() > 0.5
    given = _given(examples, predictions)
    hits, both = (true & given).sum(axis=0), true.sum(axis=0) + given.sum(axis=0)
    present = both > 0
    return {
        "micro_f1": float(2 * hits.sum() / max(both.sum(), 1)),
        "macro_f1": float((2 * hits[present] / both[present]).mean()) if present.any() else 0.0,
        "subset_accuracy": float((true == given).all(axis=1).mean()),
    }


def mistakes(examples, predictions):
    """Returns texts with a label too many or too few as Mistakes, and {}: classes don't exclude each other.

    Args:
        examples: TextExamples with labels.
        predictions: what `answers` returned for them.
    """
    true, given = examples.known_labels() > 0.5, _given(examples, predictions)
    wrong = []
    for row in np.flatnonzero((true != given).any(axis=1)):
        shares = np.array([predictions[row]["probabilities"][name] for name in examples.names])
        wrong.append(
            Mistake(
                text=examples.shown(row),
                expected=_joined(examples.names, true[row]),
                predicted=_joined(examples.names, given[row]),
                badness=float(np.abs(shares - true[row]).sum()),
                language=examples.languages[row],
                length=len(examples.shown(row)),
            )
        )
    return wrong, {}


def cell(prediction):
    """Returns a prediction as the cell of a table."""
    return SEPARATOR.join(prediction["labels"])


def _given(examples, predictions):
    """Returns (examples, classes) booleans."""
    sets = [set(prediction["labels"]) for prediction in checked(examples, predictions)]
    return np.array([[name in labels for name in examples.names] for labels in sets], bool)


def _joined(names, chosen):
    return SEPARATOR.join(name for name, is_chosen in zip(names, chosen, strict=True) if is_chosen)
