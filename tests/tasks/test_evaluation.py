"""Evaluations: what is read together, what is averaged, what is written, and what is refused beforehand."""

import html.parser
import json

import numpy as np
import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks import evaluation
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.evaluation import Evaluation, Part, mean_scores, predict_parts, read_parts
from rembert_tf.tasks.pairs.task import PawsxTask
from rembert_tf.tasks.question_answering.tasks import Mlqa, Xquad
from rembert_tf.tasks.tagging.udpos import UdPos

# What a model might say, in the order of the files; each is half right.
CSV = {"dev-en.csv": "text,label\na cat,animal\n<b>red</b>,colour\n", "dev-de.csv": "text,label\nrot,colour\n"}
PAWSX = {"dev-en.tsv": "one\ttwo\t1\nthree\tfour\t0\n", "dev-de.tsv": "eins\tzwei\t1\n"}
TAGS = {"dev-en.tsv": "The\tDET\ndog\tNOUN\n\nNew York\tPROPN\n", "dev-de.tsv": "Er\tPRON\n"}
CONTEXT = "The tower stands in Paris since 1889."


def questions(*names):
    """A file in SQuAD's format whose answers are the last words of the context."""
    qas = [{"id": name, "question": "When?", "answers": [{"text": "1889", "answer_start": 32}]} for name in names]
    return json.dumps({"data": [{"title": "t", "paragraphs": [{"context": CONTEXT, "qas": qas}]}]})


MLQA = {
    "dev-context-en-question-de.json": questions("q1", "q2"),
    "dev-context-de-question-de.json": questions("q1"),
}


def labelled(*labels):
    return [{"label": label, "score": 0.9, "probabilities": {label: 0.9}} for label in labels]


def tagged(*sentences):
    return [{"tags": tags.split(), "scores": [0.9] * len(tags.split())} for tags in sentences]


def answered(*texts):
    return [{"text": text, "probability": 0.9} for text in texts]


@pytest.fixture
def evaluated(tmp_path):
    """Returns the Evaluation of files, {name: content}, with predictions, {language: list}."""

    def evaluated(task, contents, predictions, labels=None):
        paths = []
        for name, content in contents.items():
            (tmp_path / name).write_text(content, encoding="utf-8")
            paths.append(str(tmp_path / name))
        parts = read_parts(task, paths, labels)
        assert list(parts) == list(predictions)
        return Evaluation(
            task,
            {name: Part(parts[name], said, task.score(parts[name], said)) for name, said in predictions.items()},
        )

    return evaluated


def test_files_of_one_language_are_read_together(tmp_path):
    for name in ("a-en.csv", "b-en.csv", "a-de.csv", "plain.csv"):
        (tmp_path / name).write_text(CSV["dev-en.csv"])
    paths = [str(tmp_path / name) for name in ("a-en.csv", "a-de.csv", "b-en.csv")]
    assert {language: len(part) for language, part in read_parts(CsvTask(), paths).items()} == {"en": 4, "de": 2}


def test_mlqas_parts_are_pairs_of_languages(evaluated, tmp_path):
    found = evaluated(Mlqa(), MLQA, {"en-de": answered("1889", "Paris"), "de": answered("1889")})
    assert found.to_dict() == {
        "task": "mlqa",
        "scores": {"f1": 0.75, "exact_match": 0.75},
        "by_language": {"en-de": {"f1": 0.5, "exact_match": 0.5}, "de": {"f1": 1.0, "exact_match": 1.0}},
    }
    # The same two files are one language, that of the question, to a task that has no pairs.
    assert list(read_parts(Xquad(), [str(tmp_path / name) for name in MLQA])) == ["de"]


def test_the_mean_is_over_languages_not_over_examples():
    scores = [{"f1": 0.1, "accuracy": 0.3}, {"f1": 0.4, "accuracy": 0.9}, {"f1": 0.7, "accuracy": 0.0}]
    parts = {str(number): Part([0] * number, [], found) for number, found in enumerate(scores, start=1)}
    assert mean_scores(parts) == pytest.approx({"f1": np.mean([0.1, 0.4, 0.7]), "accuracy": np.mean([0.3, 0.9, 0])})


def test_progress_counts_all_languages_together(tmp_path):
    class Half(CsvTask):
        def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
            for done in range(1, len(examples) + 1):
                report(done, len(examples))
            return labelled(*["animal"] * len(examples))

    for name, content in CSV.items():
        (tmp_path / name).write_text(content)
    parts = read_parts(Half(), [tmp_path / name for name in CSV], ["animal", "colour"])
    calls = []
    found = predict_parts(Half(), None, None, parts, 8, 16, lambda *call: calls.append(call))
    assert calls == [(1, 3, "en"), (2, 3, "en"), (3, 3, "de")]
    assert [part.scores["accuracy"] for part in found.values()] == [0.5, 0.0]


def test_the_table_has_a_line_a_language_and_their_mean(evaluated):
    said = {"en": labelled("animal", "animal"), "de": labelled("colour")}
    lines = evaluated(CsvTask(), CSV, said, ["animal", "colour"]).lines()
    assert lines[0].split() == ["language", "examples", "accuracy", "macro_f1"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["en", "2", "0.5000"],
        ["de", "1", "1.0000"],
        ["mean", "3", "0.7500"],
    ]


def json_lines(path):
    return [json.loads(line)["label"] for line in path.read_text().splitlines()]


def tag_blocks(path):
    return [block.split("\n") for block in path.read_text().rstrip("\n").split("\n\n")]


FORMATS = {
    "csv": (CsvTask(), CSV, {"en": labelled("animal", "animal"), "de": labelled("colour")}, json_lines),
    "pawsx": (
        PawsxTask(),
        PAWSX,
        {"en": labelled("1", "1"), "de": labelled("1")},
        lambda path: path.read_text().splitlines(),
    ),
    "udpos": (UdPos(), TAGS, {"en": tagged("DET VERB", "PROPN"), "de": tagged("NOUN")}, tag_blocks),
    "mlqa": (
        Mlqa(),
        MLQA,
        {"en-de": answered("1889", "Paris"), "de": answered("1889")},
        lambda path: json.loads(path.read_text()),
    ),
}
WRITTEN = {
    "csv": {"test-en.jsonl": ["animal", "animal"], "test-de.jsonl": ["colour"]},
    "pawsx": {"test-en.tsv": ["1", "1"], "test-de.tsv": ["1"]},
    "udpos": {"test-en.tsv": [["DET", "VERB"], ["PROPN"]], "test-de.tsv": [["NOUN"]]},
    "mlqa": {"test-en-de.json": {"q1": "1889", "q2": "Paris"}, "test-de.json": {"q1": "1889"}},
}


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_can_be_read_by_others(evaluated, tmp_path, name):
    task, contents, said, read = FORMATS[name]
    found = evaluated(task, contents, said, ["animal", "colour"] if name == "csv" else None)
    found.write(tmp_path / "new/out")
    assert {path.name for path in (tmp_path / "new/out").iterdir()} == {"scores.json", "errors", *WRITTEN[name]}
    for file, content in WRITTEN[name].items():
        assert read(tmp_path / "new/out" / file) == content
    assert json.loads((tmp_path / "new/out/scores.json").read_text()) == found.to_dict()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out"]


def test_the_error_report_shows_what_was_wrong(evaluated, tmp_path):
    task, contents, said, _ = FORMATS["csv"]
    evaluated(task, contents, said, ["animal", "colour"]).write(tmp_path / "out")
    seen = []

    class Reader(html.parser.HTMLParser):
        def handle_data(self, data):
            seen.append(data)

    Reader().feed((tmp_path / "out/errors/report.html").read_text())
    text = " ".join(seen)
    assert "<b>red</b>" in text  # the text itself, not markup
    assert "a cat" not in text  # which was right
    assert "<b>red</b>" not in (tmp_path / "out/errors/report.html").read_text()


def test_without_a_language_there_is_one_file(evaluated, tmp_path):
    found = evaluated(CsvTask(), {"questions.csv": CSV["dev-en.csv"]}, {"": labelled("animal", "colour")})
    found.write(tmp_path / "out")
    assert json_lines(tmp_path / "out/predictions.jsonl") == ["animal", "colour"]
    assert [line.split()[0] for line in found.lines()] == ["language", "all"]


def test_an_existing_folder_is_left_as_it_is(evaluated, tmp_path):
    task, contents, said, _ = FORMATS["csv"]
    found = evaluated(task, contents, said, ["animal", "colour"])
    found.write(tmp_path / "out")
    before = (tmp_path / "out/scores.json").stat().st_mtime_ns
    with pytest.raises(InputError, match="out' exists already: choose another place, or remove it first"):
        found.write(tmp_path / "out")
    assert (tmp_path / "out/scores.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), RuntimeError("a defect")])
def test_a_failure_leaves_nothing_half_written(evaluated, tmp_path, monkeypatch, problem):
    def fail(*arguments):
        raise problem

    task, contents, said, _ = FORMATS["csv"]
    found = evaluated(task, contents, said, ["animal", "colour"])
    monkeypatch.setattr(evaluation, "write_error_analysis", fail)
    kind = InputError if isinstance(problem, OSError) else RuntimeError
    with pytest.raises(kind, match="No space left on device|a defect"):
        found.write(tmp_path / "results/out")
    assert list((tmp_path / "results").iterdir()) == []
