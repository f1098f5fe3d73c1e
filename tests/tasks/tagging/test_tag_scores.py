"""Scores: seqeval's own numbers, its peculiar view of parts of speech included."""

import sys
import warnings

import numpy as np
import pytest

from rembert_tf.errors import InputError, MissingExtraError
from rembert_tf.tasks.tagging.panx import Panx
from rembert_tf.tasks.tagging.tag_scores import tag_scores
from rembert_tf.tasks.tagging.udpos import UdPos
from tests.tasks.tagging.official import read_columns, read_tag_lines


def test_runs_of_one_part_of_speech_are_one_chunk():
    """Worked by hand: right are 2 of 3 words, but neither `NOUN NOUN` nor `VERB` as chunks."""
    scores = tag_scores([["NOUN", "NOUN", "VERB"]], [["NOUN", "VERB", "VERB"]])
    assert scores == {"f1": 0.0, "precision": 0.0, "recall": 0.0, "accuracy": pytest.approx(2 / 3)}
    assert list(scores)[0] == "f1"


def test_entities_worked_by_hand():
    """Three entities, two of them found and one invented; a chunk may begin with I-, as in conlleval."""
    expected = [["B-PER", "I-PER", "O", "B-LOC"], ["B-ORG", "O"]]
    predicted = [["B-PER", "I-PER", "O", "O"], ["I-ORG", "B-LOC"]]
    assert tag_scores(expected, predicted) == {
        "f1": pytest.approx(2 / 3),
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "accuracy": pytest.approx(3 / 6),
    }


@pytest.mark.parametrize("task", [UdPos(), Panx()])
@pytest.mark.parametrize("seed", range(3))
def test_random_tags_score_as_official_files_do(task, seed, write, tmp_path):
    """From files: ours read by the library, the official way by an independent reader and seqeval."""
    from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score

    random = np.random.default_rng(seed)
    gold = [random.choice(task.labels, random.integers(1, 30)).tolist() for _ in range(40)]
    kept = [[tag if random.random() < 0.8 else str(random.choice(task.labels)) for tag in tags] for tags in gold]
    path = write("\n\n".join("\n".join(f"w{i}\t{tag}" for i, tag in enumerate(tags)) for tags in gold) + "\n")
    data = task.read([path])
    predictions = [{"tags": tags, "scores": [1.0] * len(tags)} for tags in kept]
    submission = tmp_path / "test-en.tsv"
    task.write_predictions(data, predictions, str(submission))
    expected = [[tag for _, tag in sentence] for sentence in read_columns(path)]
    predicted = read_tag_lines(submission)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        official = {
            "f1": f1_score(expected, predicted),
            "precision": precision_score(expected, predicted),
            "recall": recall_score(expected, predicted),
            "accuracy": accuracy_score(expected, predicted),
        }
    assert task.score(data, predictions) == official
    assert 0.2 < official["f1"] < 0.95


def test_nothing_is_warned_about():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tag_scores([["X", "_"]], [["X", "X"]])["accuracy"] == 0.5
        assert tag_scores([["O", "O"]], [["O", "O"]]) == {"f1": 0.0, "precision": 0.0, "recall": 0.0, "accuracy": 1.0}


def test_lengths_that_differ_are_refused():
    with pytest.raises(InputError, match="1 predictions for 2 sentences"):
        tag_scores([["X"], ["X"]], [["X"]])
    with pytest.raises(InputError, match="prediction 1 has 2 tags, but its sentence has 1 words"):
        tag_scores([["X"], ["X"]], [["X"], ["X", "X"]])


def test_without_seqeval_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "seqeval.metrics", None)
    with pytest.raises(MissingExtraError, match=r"scoring tags needs .* pip install 'rembert-tf\[xtreme\]'"):
        tag_scores([["X"]], [["X"]])
