"""Metrics against scikit-learn and against a case worked by hand."""

import numpy as np
import pytest

from rembert_tf.tasks.classification_metrics import classification_metrics


def test_worked_case():
    metrics = classification_metrics([0, 0, 1, 1], [0, 1, 1, 1], ["a", "b"])
    assert metrics.accuracy == 0.75
    assert metrics.confusion.tolist() == [[1, 1], [0, 2]]
    assert metrics.by_class["a"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "count": 2}
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 0.8) / 2)


def test_equals_scikit_learn_on_random_labels():
    sklearn = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(0)
    labels, predictions = random.integers(0, 4, 200), random.integers(0, 4, 200)
    metrics = classification_metrics(labels, predictions, list("abcde"))  # class e never occurs
    assert metrics.accuracy == pytest.approx(sklearn.accuracy_score(labels, predictions))
    assert metrics.macro_f1 == pytest.approx(sklearn.f1_score(labels, predictions, average="macro"))
    assert metrics.confusion[:4, :4].tolist() == sklearn.confusion_matrix(labels, predictions).tolist()


def test_to_dict_is_json():
    import json

    assert json.loads(json.dumps(classification_metrics([0], [0], ["a", "b"]).to_dict()))["accuracy"] == 1.0
