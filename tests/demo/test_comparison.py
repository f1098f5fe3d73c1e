import pytest

from rembert_tf.demo import report
from rembert_tf.demo.comparison import compare, language_rows
from rembert_tf.demo.corpus import Example


def example(label, language, split_kind):
    return Example("text", label, language, split_kind, "message", "group")


TRAIN = [example(label, "en", "seen") for label in ("dates", "dates", "forms")]
TEST = [
    example("dates", "en", "seen"),
    example("forms", "uk", "unseen"),
    example("forms", "en", "seen"),
    example("dates", "ja", "seen"),
    example("forms", "uk", "unseen"),
]


@pytest.fixture
def compared():
    return compare(
        TRAIN,
        TEST,
        predictions=["dates", "forms", "forms", "forms", "dates"],
        baseline_predictions=["forms", "forms", "forms", "forms", "forms"],
        labels=["dates", "forms"],
    )


def test_seen_and_unseen_languages_are_scored_apart(compared):
    seen, unseen = compared["seen"], compared["unseen"]
    assert (seen.model.rows, unseen.model.rows) == (3, 2)
    assert seen.model.accuracy == pytest.approx(2 / 3) and unseen.model.accuracy == pytest.approx(1 / 2)
    assert seen.baseline.accuracy == pytest.approx(1 / 3) and unseen.baseline.accuracy == 1
    # The most frequent class of the training, which is not that of the unseen languages' test.
    assert seen.most_frequent.accuracy == pytest.approx(2 / 3) and unseen.most_frequent.accuracy == 0


def test_every_language_stands_beside_its_own_baseline(compared):
    rows = {row["language"]: row for row in language_rows(compared)}
    assert rows["en"] == {"language": "en", "split_kind": "seen", "accuracy": 1, "baseline": 0.5}
    assert rows["ja"] == {"language": "ja", "split_kind": "seen", "accuracy": 0, "baseline": 0}
    assert rows["uk"] == {"language": "uk", "split_kind": "unseen", "accuracy": 0.5, "baseline": 1}


def test_the_printed_figures_are_the_scores(compared):
    text = "\n".join(report.comparison_lines(compared))
    seen, unseen = text.split("\n  By class")[0].split("languages never seen")
    assert [line.split()[-2] for line in seen.splitlines() if "%" in line] == ["66.7%", "33.3%", "66.7%"]
    assert [line.split()[-2] for line in unseen.splitlines() if "%" in line] == ["50.0%", "100.0%", "0.0%"]
    assert "en      100% (50%)" in text
