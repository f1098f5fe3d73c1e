"""Files of predictions: XTREME's submission format, one bare tag a line, and JSON lines."""

import json

import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.tagging.panx import Panx
from tests.tasks.tagging.conftest import PANX
from tests.tasks.tagging.official import read_tag_lines

PREDICTIONS = [
    {"tags": ["B-PER", "I-PER", "O", "B-LOC"], "scores": [0.9, 0.8, 0.7, 0.6]},
    {"tags": ["O"], "scores": [0.5]},
]


def test_bare_tags_and_one_blank_line_between_sentences(write, tmp_path):
    path = tmp_path / "panx" / "test-en.tsv"
    Panx().write_predictions(Panx().read([write(PANX)]), PREDICTIONS, str(path))
    # The form of mock_test_data/predictions/panx/test-de.tsv in google-research/xtreme.
    assert path.read_bytes() == b"B-PER\nI-PER\nO\nB-LOC\n\nO\n"
    assert read_tag_lines(path) == [prediction["tags"] for prediction in PREDICTIONS]


def test_labels_are_not_looked_at(write, tmp_path):
    path = tmp_path / "test-en.tsv"
    tokens = "".join(f"{line.split(chr(9))[0]}\n" for line in PANX.splitlines())
    Panx().write_predictions(Panx().read([write(tokens)]), PREDICTIONS, str(path))
    assert path.read_bytes() == b"B-PER\nI-PER\nO\nB-LOC\n\nO\n"


def test_predictions_of_other_sentences_leave_the_file_as_it_was(write, tmp_path):
    path = tmp_path / "test-en.tsv"
    path.write_text("old\n")
    with pytest.raises(InputError, match="prediction 0 has 1 tags, but its sentence has 4 words"):
        Panx().write_predictions(Panx().read([write(PANX)]), PREDICTIONS[::-1], str(path))
    assert path.read_text() == "old\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["test-en.tsv", "train-en.tsv"]


def test_json_lines_hold_the_words(write, tmp_path):
    path = tmp_path / "tags.jsonl"
    Panx().write_predictions(Panx().read([write(PANX)]), PREDICTIONS, str(path))
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows[0] == {"words": ["Angela", "Merkel", "in", "Paris"], **PREDICTIONS[0]}
    assert [len(row["words"]) for row in rows] == [4, 1]


def test_other_endings_are_refused(write, tmp_path):
    with pytest.raises(InputError, match=r"must end in \.tsv or \.jsonl"):
        Panx().write_predictions(Panx().read([write(PANX)]), PREDICTIONS, str(tmp_path / "tags.csv"))
