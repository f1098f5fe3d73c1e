"""Files of answers: XTREME's form, the candidates' form, one file a language, and nothing half-written."""

import json

import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.question_answering.prediction_files import write_n_best, write_submission
from rembert_tf.tasks.question_answering.squad_file import Question

QUESTIONS = [Question("a", "?", "x", language="en"), Question("b", "?", "x", language="th")]
CANDIDATE = {"text": "x", "start": 0, "end": 1, "probability": 1.0, "start_logit": 2.0, "end_logit": 3.0}
PREDICTIONS = [
    {"text": "x", "start": 0, "end": 1, "probability": 1.0, "null_score_difference": 0.5, "n_best": [CANDIDATE]},
    {"text": "", "start": None, "end": None, "probability": 0.0, "null_score_difference": None, "n_best": []},
]


def test_a_submission_maps_ids_to_texts(tmp_path):
    write_submission(QUESTIONS, PREDICTIONS, tmp_path / "deep" / "test-en.json")
    assert json.loads((tmp_path / "deep" / "test-en.json").read_text("utf-8")) == {"a": "x", "b": ""}


def test_bare_texts_are_predictions_too(tmp_path):
    write_submission(QUESTIONS, ["ก", "b"], tmp_path / "t.json")
    assert "ก" in (tmp_path / "t.json").read_text("utf-8")


def test_candidates_have_the_original_names(tmp_path):
    write_n_best(QUESTIONS, PREDICTIONS, tmp_path / "nbest_predictions.json")
    assert json.loads((tmp_path / "nbest_predictions.json").read_text("utf-8")) == {
        "a": [{"text": "x", "probability": 1.0, "start_logit": 2.0, "end_logit": 3.0}],
        "b": [],
    }


def test_a_folder_gets_a_file_for_each_language(tmp_path):
    write_submission(QUESTIONS, PREDICTIONS, tmp_path / "xquad")
    assert sorted(path.name for path in (tmp_path / "xquad").iterdir()) == ["test-en.json", "test-th.json"]
    assert json.loads((tmp_path / "xquad" / "test-th.json").read_text()) == {"b": ""}


def test_parallel_questions_do_not_fit_in_one_file(tmp_path):
    parallel = [Question("a", "?", "x", language=language, path=f"x.{language}.json") for language in ("en", "de")]
    with pytest.raises(InputError, match="id 'a' occurs twice, in x.de.json again; .* one language pair"):
        write_submission(parallel, ["1", "2"], tmp_path / "all.json")
    assert list(tmp_path.iterdir()) == []
    write_submission(parallel, ["1", "2"], tmp_path / "all")
    assert json.loads((tmp_path / "all" / "test-de.json").read_text()) == {"a": "2"}


def test_a_folder_that_exists_is_left_alone(tmp_path):
    with pytest.raises(InputError, match="exists already"):
        write_submission(QUESTIONS, PREDICTIONS, tmp_path)
