"""Fine-tuning on files, from the first row read to the run folder."""

import dataclasses
import json

import numpy as np
import pytest
from seqeval.metrics import f1_score

from rembert_tf import RemBertForSequenceClassification, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.finetune_task import TASK_KEY
from rembert_tf.tasks.start import from_directory, from_nothing
from rembert_tf.tasks.tagging.udpos import UdPos
from tests.tasks.finetune_task.scripted_runs import SETTINGS, never, read_json, rows_of


def answers_by_hand(directory, texts):
    """The labels that a directory's model gives, one text at a time, by nothing but the model and the tokenizer."""
    model = RemBertForSequenceClassification.from_pretrained(directory)
    tokenizer = RemBertTokenizerFast.from_pretrained(directory)
    found = [int(np.argmax(model(tokenizer([text], padding=True)))) for text in texts]
    return [model.config.id2label[number] for number in found]


def test_the_dev_metric_is_the_mean_over_languages(classifier):
    output, result = classifier
    english = answers_by_hand(output / "best", ["a cat", "red", "blue"])
    german = answers_by_hand(output / "best", ["der Hund", "rot"])
    by_hand = {
        "en": np.mean([answer == label for answer, label in zip(english, ["animal", "colour", "colour"], strict=True)]),
        "de": np.mean([answer == label for answer, label in zip(german, ["animal", "colour"], strict=True)]),
    }
    assert result["accuracy"] == pytest.approx((by_hand["en"] + by_hand["de"]) / 2)
    scores = read_json(output / "dev/scores.json")
    assert {language: found["accuracy"] for language, found in scores["by_language"].items()} == pytest.approx(by_hand)
    assert scores["scores"]["accuracy"] == result["accuracy"]
    written = [json.loads(line)["label"] for line in (output / "dev/test-en.jsonl").read_text().splitlines()]
    assert written == english


def test_the_run_folder_holds_what_it_promises(classifier, data):
    output, result = classifier
    assert {path.name for path in output.iterdir()} == {
        *("best", "last", "dev", "metrics.jsonl", "result.json", "run.json", "tensorboard", "training_curves.png")
    }
    assert result == read_json(output / "result.json")
    assert (result["seed"], result["step"] // result["epoch"]) == (0, 2)
    asked = read_json(output / "run.json")
    assert (asked["task"], asked["rows"], asked["dev_rows"]) == ("csv", 15, 5)
    assert asked["labels"] == ["animal", "colour"]
    assert asked["dev"] == [str(data / "dev-en.csv"), str(data / "dev-de.csv")]
    chosen = next(row for row in rows_of(output) if row.get("epoch") == result["epoch"])
    assert chosen["dev_accuracy"] == result["accuracy"]
    for checkpoint in ("best", "last"):
        assert read_json(output / checkpoint / "config.json")[TASK_KEY] == "csv"
    for name in ("report.html", "report.md"):
        assert (output / "dev/errors" / name).stat().st_size > 500
    assert (output / "training_curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("untraced")
def test_tagging_goes_the_same_way(train, data, tmp_path):
    result = train(UdPos(), tmp_path / "run", SETTINGS, "dev-en.tsv dev-de.tsv", "train-en.tsv")
    f1 = []
    for language in ("en", "de"):
        gold = [[line.split("\t")[1] for line in block.splitlines()] for block in blocks(data / f"dev-{language}.tsv")]
        found = [block.splitlines() for block in blocks(tmp_path / f"run/dev/test-{language}.tsv")]
        assert [len(tags) for tags in found] == [len(tags) for tags in gold]
        f1.append(f1_score(gold, found))
    assert result["f1"] == pytest.approx(np.mean(f1))
    assert list(result)[:2] == ["epoch", "step"]
    config = read_json(tmp_path / "run/best/config.json")
    assert config[TASK_KEY] == "udpos"
    assert len(config["id2label"]) == 17


def blocks(path):
    return path.read_text().strip().split("\n\n")


def test_a_run_that_has_ended_returns_its_result_at_once(classifier, train, text_config, small_vocabulary, monkeypatch):
    output, result = classifier
    monkeypatch.setattr(never, "asked", from_nothing(text_config, small_vocabulary).asked, raising=False)
    before = rows_of(output)
    assert train(CsvTask(), output, SETTINGS, "dev-en.csv dev-de.csv", start=never, resume=True) == result
    assert rows_of(output) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": dataclasses.replace(SETTINGS, epochs=9)}, "another run: epochs was 2 and is 9"),
        ({"train": "dev-en.csv"}, "rows was 15 and is 3; train was .*train-en.csv'. and is .*dev-en.csv"),
        ({"start": from_directory("elsewhere")}, "another run: model was None and is 'elsewhere'; sentencepiece was"),
    ],
)
def test_another_run_is_not_taken_for_it(classifier, train, change, message):
    asked = {"settings": SETTINGS, "dev": "dev-en.csv dev-de.csv", "resume": True, **change}
    with pytest.raises(InputError, match=message):
        train(CsvTask(), classifier[0], **asked)
