"""`predict_file` for every kind of task: unlabelled files in, answers out, and refusals before the model is loaded."""

import csv
import dataclasses
import json

import pytest

import rembert_tf
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tasks import prediction_file
from rembert_tf.tasks.catalogue import TRAINED, get_task
from rembert_tf.tasks.prediction_file import predict_file
from rembert_tf.tasks.tagging.schemes import UPOS

CONTEXT = "The tower was built in 1889 and stands in Paris."
QUESTIONS = [{"id": "q1", "question": "When?", "answers": []}, {"id": "q2", "question": "Where?"}]
SQUAD = json.dumps({"data": [{"title": "t", "paragraphs": [{"context": CONTEXT, "qas": QUESTIONS}]}]})
CHOICES = {"premise": "It rained.", "choice1": "It was wet.", "choice2": "It was dry.", "question": "effect"}


def lines(text):
    return text.splitlines()


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


@dataclasses.dataclass(frozen=True)
class Kind:
    """One task: a file without labels, the class names of a model, and what must be in the answers.

    Args:
        file: name.
        content: of the file.
        fields: of the model's configuration.
        rows: that `predict_file` counts.
        holds: function of the text of the answers that returns whether they are what they should be.
    """

    file: str
    content: str
    fields: dict
    rows: int
    holds: object


KINDS = {
    "csv": Kind(
        "texts.txt",
        "a cat\nred\n",
        {"id2label": {0: "animal", 1: "colour"}},
        2,
        lambda text: [(row["text"], row["label"] in ("animal", "colour")) for row in json_lines(text)]
        == [("a cat", True), ("red", True)],
    ),
    "xnli": Kind(
        "test-de.tsv",
        "eins\tzwei\ndrei\tvier\n",
        {"id2label": {0: "contradiction", 1: "entailment", 2: "neutral"}},
        2,
        lambda text: len(lines(text)) == 2 and set(lines(text)) <= {"contradiction", "entailment", "neutral"},
    ),
    "udpos": Kind(
        "test-de.tsv",
        "Der\nHund\n\nNew York\n",
        {"id2label": dict(enumerate(UPOS))},
        2,
        lambda text: [bool(line) for line in lines(text)] == [True, True, False, True]
        and set(filter(None, lines(text))) <= set(UPOS),
    ),
    "xquad": Kind(
        "xquad.de.json",
        SQUAD,
        {"id2label": {0: "start", 1: "end"}},
        2,
        lambda text: list(json.loads(text)) == ["q1", "q2"]
        and all(answer in CONTEXT for answer in json.loads(text).values()),
    ),
    "multiple-choice": Kind(
        "test.jsonl",
        json.dumps(CHOICES) + "\n",
        {},
        1,
        lambda text: [row["choice"] in (0, 1) for row in json_lines(text)] == [True],
    ),
    "mlm": Kind(
        "texts.txt",
        "a [MASK] cat [MASK].\nno mask\n",
        {},
        2,
        lambda text: [[len(fill) for fill in row["fills"]] for row in json_lines(text)] == [[3, 3], []],
    ),
    "clm": Kind(
        "texts.txt",
        "once upon\n",
        {"is_decoder": True},
        1,
        lambda text: [type(row["continuation"]) for row in json_lines(text)] == [str],
    ),
}


ANSWERS = {"mlm": {"top_k": 3}, "clm": {"max_new_tokens": 2}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, text_config, small_tokenizer):
    """A folder with a model directory and a file for every kind of task, `NAME` and `NAME-input/FILE`."""
    folder = tmp_path_factory.mktemp("models")
    for name, kind in KINDS.items():
        config = text_config.replace(num_hidden_layers=1, extra={"finetuning_task": name}, **kind.fields)
        getattr(rembert_tf, get_task(name).architecture)(config).save_pretrained(folder / name)
        small_tokenizer.save_vocabulary(folder / name)
        (folder / f"{name}-input").mkdir()
        (folder / f"{name}-input" / kind.file).write_text(kind.content, encoding="utf-8")
    return folder


@pytest.fixture
def predict(folder):
    """Calls `predict_file` for a kind of task with what it takes."""

    def predict(name, destination, **more):
        source = folder / f"{name}-input" / KINDS[name].file
        return predict_file(folder / name, source, destination, **{**ANSWERS.get(name, {}), **more})

    return predict


@pytest.fixture
def unloaded(monkeypatch):
    """Fails when a model is loaded."""

    def never(*arguments):
        raise AssertionError("the model was loaded")

    monkeypatch.setattr(prediction_file, "open_model", never)


@pytest.mark.parametrize("name", KINDS)
def test_rows_without_labels_are_answered(predict, tmp_path, capsys, name):
    file = tmp_path / f"answers{get_task(name).prediction_suffix}"
    calls = []
    rows = predict(name, str(file), report=lambda done, total, note: calls.append((done, total)))
    assert rows == KINDS[name].rows
    assert KINDS[name].holds(file.read_text())
    assert calls[-1] == (rows, rows)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["csv", "udpos", "clm"])
def test_a_dash_prints_what_the_file_would_hold(predict, tmp_path, capsys, name):
    assert predict(name, "-") == KINDS[name].rows
    printed = capsys.readouterr().out
    file = tmp_path / f"answers{get_task(name).prediction_suffix}"
    predict(name, str(file))
    assert printed == file.read_text()


def test_the_other_kinds_of_file_a_task_writes(predict, tmp_path):
    predict("csv", str(tmp_path / "answers.csv"))
    with open(tmp_path / "answers.csv", newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == ["a cat", "red"]
    predict("udpos", str(tmp_path / "tags.jsonl"))
    assert [row["words"] for row in json_lines((tmp_path / "tags.jsonl").read_text())] == [
        ["Der", "Hund"],
        ["New York"],
    ]
    predict("multiple-choice", str(tmp_path / "choices.tsv"))
    assert (tmp_path / "choices.tsv").read_text().strip() in ("0", "1")


ENDINGS = {
    **dict.fromkeys(("csv",), ".jsonl, .csv or .tsv"),
    **dict.fromkeys(("xnli", "pawsx"), ".tsv"),
    **dict.fromkeys(("udpos", "panx"), ".tsv or .jsonl"),
    **dict.fromkeys(("xquad", "mlqa", "tydiqa"), ".json"),
    "multiple-choice": ".jsonl or .tsv",
    **dict.fromkeys(("mlm", "clm"), ".jsonl"),
}


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.usefixtures("unloaded")
def test_another_ending_is_refused_before_the_model_is_loaded(folder, name):
    with pytest.raises(InputError, match=f"the output 'answers.pdf' must end in {ENDINGS[name]}\\.$"):
        predict_file(folder / "csv", folder / "csv-input/texts.txt", "answers.pdf", task=name)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"source": "nowhere.tsv"}, "nowhere.tsv"),
        ({"columns": ["text"]}, "columns is for csv alone, and this is udpos."),
        ({"top_k": 5}, "top_k is for mlm alone, and this is udpos."),
        ({"max_new_tokens": 30}, "max_new_tokens is for clm alone, and this is udpos."),
        ({"task": "sudoku"}, "there is no task 'sudoku'"),
        ({"task": "tatoeba"}, "tatoeba has no predictions row by row: use `rembert evaluate tatoeba"),
    ],
)
@pytest.mark.usefixtures("unloaded")
def test_what_cannot_be_done_is_told_before_the_model_is_loaded(folder, more, message):
    arguments = {"source": folder / "udpos-input/test-de.tsv", "task": "udpos", **more}
    kind = MissingFileError if "source" in more else InputError
    with pytest.raises(kind, match=message):
        predict_file(folder / "udpos", destination="-", **arguments)


def test_a_model_of_another_head_is_refused(folder):
    with pytest.raises(InputError, match="has no head for RemBertForQuestionAnswering: fine-tune it first"):
        predict_file(folder / "csv", folder / "xquad-input/xquad.de.json", "-", task="xquad")
