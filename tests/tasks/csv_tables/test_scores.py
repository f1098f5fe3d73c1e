"""Metrics of the csv task against scikit-learn and SciPy, on random answers."""

import math
import warnings

import numpy as np
import pytest

from rembert_tf.tasks.csv_tables import multi_label
from rembert_tf.tasks.csv_tables.regression import correlation, ranks
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.pairs.examples import TextExamples

MULTI, NUMBERS = CsvTask("multi_label_classification"), CsvTask("regression")


def examples_of(labels, names):
    return TextExamples([f"text {row}" for row in range(len(labels))], None, labels, names, [""] * len(labels))


@pytest.mark.parametrize("seed", range(5))
def test_several_labels_as_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    random, names = np.random.default_rng(seed), list("abcde")
    true = (random.random((40, 5)) < [0.5, 0.3, 0.2, 0.1, 0]).astype("float32")  # e never occurs
    logits = random.normal(size=(40, 5)) - [0, 0, 0, 0, 9]  # and is never given
    predictions = multi_label.answers(list(logits), names)
    given = (logits >= 0).astype(int)
    assert [prediction["labels"] for prediction in predictions] == [
        [name for name, is_given in zip(names, row, strict=True) if is_given] for row in given
    ]
    found = MULTI.score(examples_of(true, names), predictions)
    assert list(found) == ["micro_f1", "macro_f1", "subset_accuracy"]
    assert found["micro_f1"] == pytest.approx(metrics.f1_score(true, given, average="micro"))
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(true[:, :4], given[:, :4], average="macro"))
    assert found["subset_accuracy"] == pytest.approx(metrics.accuracy_score(true, given))


def test_no_label_anywhere():
    predictions = multi_label.answers([np.array([-9.0, -9.0])], ["a", "b"])
    found = MULTI.score(examples_of(np.zeros((1, 2), "float32"), ["a", "b"]), predictions)
    assert found == {"micro_f1": 0.0, "macro_f1": 0.0, "subset_accuracy": 1.0}


def test_mistakes_with_several_labels():
    true = np.array([[1, 0], [1, 1]], "float32")
    predictions = multi_label.answers([np.array([2.0, -2.0]), np.array([2.0, -3.0])], ["a", "b"])
    wrong, confusion = MULTI.mistakes(examples_of(true, ["a", "b"]), predictions)
    assert confusion == {}
    assert [(mistake.text, mistake.expected, mistake.predicted) for mistake in wrong] == [("text 1", "a|b", "a")]
    sigmoid = [1 / (1 + math.exp(-2)), 1 / (1 + math.exp(3))]
    assert wrong[0].badness == pytest.approx(1 - sigmoid[0] + 1 - sigmoid[1], abs=2e-6)


@pytest.mark.parametrize("seed", range(5))
def test_numbers_as_scipy(seed):
    stats = pytest.importorskip("scipy.stats")
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(seed)
    true = random.integers(0, 5, 60).astype("float32")  # with ties
    given = np.round(0.5 * true + random.normal(size=60), 1)
    found = NUMBERS.score(examples_of(true, ["stars"]), [{"score": float(number)} for number in given])
    assert list(found) == ["pearson", "spearman", "rmse"]
    assert found["pearson"] == pytest.approx(stats.pearsonr(true, given).statistic, abs=1e-12)
    assert found["spearman"] == pytest.approx(stats.spearmanr(true, given).statistic, abs=1e-12)
    assert found["rmse"] == pytest.approx(metrics.mean_squared_error(true, given) ** 0.5)
    np.testing.assert_array_equal(ranks(given), stats.rankdata(given))


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_correlation_does_not_depend_on_the_scale(scale):
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(0)
    first, second = random.normal(size=20), random.normal(size=20)
    assert correlation(first * scale, second) == pytest.approx(stats.pearsonr(first, second).statistic)


def test_constant_predictions_score_nothing():
    true = np.array([1, 2, 3], "float32")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = NUMBERS.score(examples_of(true, ["stars"]), [{"score": 0.1}] * 3)
    assert (found["pearson"], found["spearman"]) == (0.0, 0.0)
    assert found["rmse"] == pytest.approx(math.sqrt((0.9**2 + 1.9**2 + 2.9**2) / 3))


def test_single_labels_as_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    random, names = np.random.default_rng(0), list("abcd")
    labels, given = random.integers(0, 4, 50), random.integers(0, 4, 50)
    predictions = [{"label": names[number], "score": 1.0} for number in given]
    found = CsvTask().score(examples_of(labels, names), predictions)
    assert list(found) == ["accuracy", "macro_f1"]
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, given))
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(labels, given, average="macro"))


def test_distances_of_numbers_are_the_mistakes():
    wrong, _ = NUMBERS.mistakes(examples_of(np.array([1, 2], "float32"), ["stars"]), [{"score": 1.0}, {"score": -1.5}])
    assert [(mistake.expected, mistake.predicted, mistake.badness) for mistake in wrong] == [("2", "-1.5", 3.5)]
