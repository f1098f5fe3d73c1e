"""How well a classifier did: accuracy, F1 and what was mistaken for what."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class ClassificationMetrics:
    """Scores of single-label predictions, all between 0 and 1.

    Args:
        accuracy: share of right predictions.
        macro_f1: mean of the classes' F1, classes that occur or were predicted.
        by_class: {name: {"precision", "recall", "f1", "count"}}.
        confusion: (classes, classes) counts: rows are true, columns predicted.
    """

    accuracy: float
    macro_f1: float
    by_class: dict
    confusion: np.ndarray

    def to_dict(self):
        """Returns the metrics as plain numbers and lists."""
        return {**dataclasses.asdict(self), "confusion": self.confusion.tolist()}


def classification_metrics(labels, predictions, names):
    """Compares predictions with labels.

    Args:
        labels: (rows,) true class numbers.
        predictions: (rows,) predicted class numbers.
        names: the classes' names.
    """
    classes = len(names)
    confusion = np.bincount(np.asarray(labels) * classes + np.asarray(predictions), minlength=classes**2)
    confusion = confusion.reshape(classes, classes)
    hits, true, predicted = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(true, 1)
    f1 = 2 * hits / np.maximum(true + predicted, 1)
    by_class = {
        name: {
            "precision": float(precision[index]),
            "recall": float(recall[index]),
            "f1": float(f1[index]),
            "count": int(true[index]),
        }
        for index, name in enumerate(names)
    }
    present = (true + predicted) > 0
    return ClassificationMetrics(
        accuracy=float(hits.sum() / max(confusion.sum(), 1)),
        macro_f1=float(f1[present].mean()) if present.any() else 0.0,
        by_class=by_class,
        confusion=confusion,
    )
