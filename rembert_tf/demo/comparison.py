"""The model beside the n-gram baseline and the most frequent class, on seen and on unseen languages."""

from dataclasses import dataclass

from rembert_tf.demo.baseline import most_frequent_label
from rembert_tf.demo.scores import Scores, score_predictions

SPLIT_KINDS = ("seen", "unseen")


@dataclass(frozen=True)
class Comparison:
    """Scores on the test rows of one kind of languages."""

    model: Scores
    baseline: Scores
    most_frequent: Scores


def compare(train, test, predictions, baseline_predictions, labels):
    """Scores three ways to label the test.

    Args:
        train: a list of `Example`, for its most frequent label.
        test: a list of `Example` with seen and unseen languages.
        predictions: the model's labels for it.
        baseline_predictions: the baseline's.
        labels: every label, in the order of the confusion matrices.

    Returns:
        dict "seen" and "unseen" -> `Comparison`.
    """
    guess = most_frequent_label(train)
    compared = {}
    for kind in SPLIT_KINDS:
        rows = [index for index, example in enumerate(test) if example.split_kind == kind]
        examples = [test[index] for index in rows]

        def score(answers, examples=examples):
            return score_predictions(examples, answers, labels)

        compared[kind] = Comparison(
            model=score([predictions[index] for index in rows]),
            baseline=score([baseline_predictions[index] for index in rows]),
            most_frequent=score([guess] * len(rows)),
        )
    return compared


def language_rows(compared):
    """Returns every language's figures as `draw_language_bars` takes them."""
    return [
        {"language": own.language, "split_kind": kind, "accuracy": own.accuracy, "baseline": other.accuracy}
        for kind, comparison in compared.items()
        for own, other in zip(comparison.model.languages, comparison.baseline.languages, strict=True)
    ]
