import pytest

from rembert_tf.demo.baseline import most_frequent_label, ngram_baseline
from rembert_tf.demo.corpus import Example, read_examples
from rembert_tf.demo.scores import score_predictions
from rembert_tf.demo.sources import LABELS
from rembert_tf.errors import InputError


def test_the_baseline_reads_more_than_the_class_frequencies(corpus):
    folder, _ = corpus
    languages = {"en", "el", "ja"}  # three scripts; all of them take half a minute
    train, test = (
        [e for e in read_examples(folder / f"{split}.csv") if e.language in languages] for split in ("train", "test")
    )
    predictions = ngram_baseline(train, test)
    scores = score_predictions(test, predictions, list(LABELS))
    guess = score_predictions(test, [most_frequent_label(train)] * len(test), list(LABELS))
    assert scores.accuracy > guess.accuracy + 0.2
    assert all(language.accuracy > guess.accuracy + 0.1 for language in scores.languages)
    assert scores.macro_f1 > 3 * guess.macro_f1


def example(label, language="en", split_kind="seen"):
    return Example("text", label, language, split_kind, "message", "group")


def test_scores_equal_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    labels = ["dates", "forms", "accounts"]
    truth = ["dates", "dates", "forms", "forms", "forms", "accounts", "dates"]
    answers = ["dates", "forms", "forms", "forms", "dates", "forms", "dates"]
    scores = score_predictions([example(label) for label in truth], answers, labels)
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(truth, answers))
    assert scores.macro_f1 == pytest.approx(metrics.f1_score(truth, answers, average="macro"))
    assert scores.confusion == metrics.confusion_matrix(truth, answers, labels=labels).tolist()
    precision, recall, f1, rows = metrics.precision_recall_fscore_support(
        truth, answers, labels=labels, zero_division=0.0
    )
    for index, score in enumerate(scores.classes):
        measured = (score.precision, score.recall, score.f1, score.rows)
        assert measured == pytest.approx((precision[index], recall[index], f1[index], rows[index]))


def test_languages_are_scored_apart_seen_ones_first():
    examples = [example("dates", "uk", "unseen"), example("dates", "ru"), example("forms", "ru")]
    scores = score_predictions(examples, ["dates", "dates", "dates"], ["dates", "forms"])
    assert [(s.language, s.accuracy, s.rows) for s in scores.languages] == [("ru", 0.5, 2), ("uk", 1.0, 1)]


def test_predictions_that_do_not_fit_the_examples_are_refused():
    with pytest.raises(InputError, match="2 predictions for 1 examples"):
        score_predictions([example("dates")], ["dates", "dates"], ["dates"])
    with pytest.raises(InputError, match="unknown label 'weather'"):
        score_predictions([example("dates")], ["weather"], ["dates"])
