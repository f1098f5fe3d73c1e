"""Scores predictions on the corpus: by class, by language, and for seen and unseen languages apart."""

from dataclasses import dataclass

import numpy as np

from rembert_tf.errors import InputError


@dataclass(frozen=True)
class ClassScore:
    """How one label fared; precision, recall and F1 are 0 where they are undefined."""

    label: str
    precision: float
    recall: float
    f1: float
    rows: int


@dataclass(frozen=True)
class LanguageScore:
    """The accuracy in one language."""

    language: str
    split_kind: str
    accuracy: float
    rows: int


@dataclass(frozen=True)
class Scores:
    """Figures of one set of predictions; `confusion[i][j]` counts rows of label i answered with label j."""

    rows: int
    accuracy: float
    macro_f1: float
    classes: list
    languages: list
    labels: list
    confusion: list


def score_predictions(examples, predictions, labels):
    """Compares predictions with the examples' labels.

    Args:
        examples: a list of `Example`; filter it by `split_kind` to score seen or unseen languages apart.
        predictions: a list of labels of the same length.
        labels: every label, in the order that the confusion matrix is to have.

    Returns:
        `Scores`. The macro F1 is the mean over the labels that occur among the examples.

    Raises:
        InputError: the lengths differ, nothing is there to score, or a label is not in `labels`.
    """
    if len(examples) != len(predictions) or not examples:
        raise InputError(f"{len(predictions)} predictions for {len(examples)} examples; each needs one")
    unknown = {example.label for example in examples}.union(predictions) - set(labels)
    if unknown:
        raise InputError(f"unknown label {min(unknown)!r}; the labels are {', '.join(labels)}")
    number = {label: index for index, label in enumerate(labels)}
    confusion = np.zeros((len(labels), len(labels)), dtype=int)
    for example, prediction in zip(examples, predictions, strict=True):
        confusion[number[example.label], number[prediction]] += 1
    classes = [class_score(confusion, index, label) for index, label in enumerate(labels)]
    return Scores(
        rows=len(examples),
        accuracy=float(np.trace(confusion) / len(examples)),
        macro_f1=float(np.mean([score.f1 for score in classes if score.rows])),
        classes=classes,
        languages=language_scores(examples, predictions),
        labels=list(labels),
        confusion=confusion.tolist(),
    )


def class_score(confusion, index, label):
    """Reads one label's figures off the confusion matrix."""
    right, rows, answered = confusion[index, index], confusion[index].sum(), confusion[:, index].sum()
    precision = right / answered if answered else 0.0
    recall = right / rows if rows else 0.0
    f1 = 2 * right / (rows + answered) if rows + answered else 0.0
    return ClassScore(label, float(precision), float(recall), float(f1), int(rows))


def language_scores(examples, predictions):
    """Returns every language's accuracy: seen languages first, then by code."""
    right = {}
    for example, prediction in zip(examples, predictions, strict=True):
        right.setdefault((example.split_kind, example.language), []).append(example.label == prediction)
    return [
        LanguageScore(language, split_kind, float(np.mean(hits)), len(hits))
        for (split_kind, language), hits in sorted(right.items())
    ]
