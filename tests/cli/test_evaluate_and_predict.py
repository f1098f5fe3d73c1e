"""`rembert evaluate` and `rembert predict`: what they print and write."""

import json

import pytest

from rembert_tf.tasks import evaluation


def test_evaluate_prints_languages_and_writes_a_folder(rembert, tmp_path):
    line = "evaluate csv @model --data @dev-en.csv @dev-de.csv --max-length 16"
    printed = rembert(f"{line} --output out")
    table = [row.split() for row in printed.out.splitlines()]
    assert [row[:2] for row in table] == [["language", "examples"], ["en", "3"], ["de", "1"], ["mean", "4"]]
    scores = json.loads((tmp_path / "out/scores.json").read_text())
    assert json.loads(rembert(f"{line} --json").out) == scores
    assert set(scores) == {"task", "scores", "by_language"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("scores.json", "test-en.jsonl", "test-de.jsonl", "errors")
    }


def test_evaluate_refuses_an_existing_folder_before_the_work(rembert, tmp_path, monkeypatch):
    def never(*arguments):
        raise AssertionError("evaluated")

    monkeypatch.setattr(evaluation, "evaluate", never)
    (tmp_path / "out").mkdir()
    printed = rembert("evaluate csv @model --data @dev-en.csv --output out", code=2)
    assert "'out' exists already: choose another folder for --output, or remove it first." in printed.err


def test_evaluate_knows_from_the_model_what_a_label_is(rembert):
    scores = json.loads(rembert("evaluate csv @number --data @numbers.csv --max-length 16 --json").out)["scores"]
    assert set(scores) == {"pearson", "spearman", "rmse"}


def test_evaluate_tatoeba_by_language_and_by_layer(rembert, tmp_path):
    line = "evaluate tatoeba @encoder --data @de-en.tsv @ja-en.tsv"
    found = json.loads(rembert(f"{line} --layer 1 --output out --json").out)
    assert found["layer"] == 1
    assert set(found["scores"]) == {"accuracy", "to_english"}
    accuracies = {language: scores["accuracy"] for language, scores in found["by_language"].items()}
    assert set(accuracies) == {"de", "ja"}
    assert found["scores"]["accuracy"] == pytest.approx(sum(accuracies.values()) / 2)
    # XTREME's submission, read and scored by nothing of ours: English in alphabetical order, a row of the other side.
    english = {"de": ["the red house", "a cat", "who"], "ja": ["the red house", "a cat"]}
    for language, sentences in english.items():
        rows = [int(line) for line in (tmp_path / f"out/test-{language}.tsv").read_text().split()]
        right = [sentences[row] == text for row, text in zip(rows, sorted(sentences), strict=True)]
        assert accuracies[language] == pytest.approx(sum(right) / len(right))
    assert (tmp_path / "out/errors/report.html").exists()

    rows = [row.split() for row in rembert(f"{line} --all-layers").out.splitlines()]
    assert rows[0] == ["layer", "mean", "de", "ja"]
    assert [row[0] for row in rows[1:]] == ["0", "1", "2"]
    assert float(rows[2][1].strip("%*")) == pytest.approx(100 * found["scores"]["accuracy"], abs=0.06)
    by_layer = json.loads(rembert(f"{line} --all-layers --json").out)["by_layer"]
    assert [row["layer"] for row in by_layer] == [0, 1, 2]
    assert by_layer[1]["accuracy"] == pytest.approx(found["scores"]["accuracy"])


def test_predict_says_how_many_rows_and_where(rembert, tmp_path):
    printed = rembert("predict @model --input @dev-en.csv --output out.jsonl --max-length 16")
    assert printed.err.strip().splitlines()[-1] == "3 rows written to out.jsonl"
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 3
