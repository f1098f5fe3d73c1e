"""One class for each text: answers, scores and mistakes."""

import collections

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.tasks.classification_metrics import classification_metrics
from rembert_tf.tasks.task import Mistake


def probabilities(logits):
    """Returns the softmax over the last axis, in float64."""
    logits = np.asarray(logits, "float64")
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def answers(logits, names):
    """Returns a dictionary of `label`, its probability `score`, and all `probabilities`, for each row.

    Args:
        logits: list of (classes,) arrays.
        names: the classes' names.
    """
    rows = []
    for row in probabilities(np.stack(logits)):
        best = int(row.argmax())
        ranked = {name: round(float(share), 6) for name, share in zip(names, row, strict=True)}
        rows.append({"label": names[best], "score": ranked[names[best]], "probabilities": ranked})
    return rows


def metrics(examples, predictions):
    """Returns the ClassificationMetrics of answers to TextExamples."""
    number = {name: index for index, name in enumerate(examples.names)}
    predicted = [number[prediction["label"]] for prediction in checked(examples, predictions)]
    return classification_metrics(examples.known_labels(), predicted, examples.names)


def mistakes(examples, predictions):
    """Returns wrong answers as Mistakes, the surest with the largest badness, and {(expected, predicted): count}.

    Args:
        examples: TextExamples with labels.
        predictions: what `answers` returned for them.
    """
    expected = [examples.names[label] for label in examples.known_labels()]
    predicted = [prediction["label"] for prediction in checked(examples, predictions)]
    wrong = [
        Mistake(
            text=examples.shown(row),
            expected=expected[row],
            predicted=predicted[row],
            badness=predictions[row]["score"],
            language=examples.languages[row],
            length=len(examples.shown(row)),
        )
        for row in range(len(examples))
        if expected[row] != predicted[row]
    ]
    return wrong, dict(collections.Counter(zip(expected, predicted, strict=True)))


def checked(examples, predictions):
    """Returns the predictions, or raises an InputError unless there is one for each example."""
    if len(predictions) != len(examples):
        raise InputError(f"there are {len(predictions)} predictions for {len(examples)} examples.")
    return predictions
