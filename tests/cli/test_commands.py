"""The commands as a user meets them: what they print, what they leave behind, how they end."""

import csv
import json
import os
import subprocess
import sys

import click
import pytest

from rembert_tf import RemBertForSequenceClassification, RemBertTokenizerFast
from rembert_tf.cli import main
from rembert_tf.cli.options import ManyValuesCommand

ROWS = "text,label\nguten Morgen,greeting\nauf Wiedersehen,parting\nhello,greeting\ngoodbye,parting\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, text_config, small_tokenizer):
    """A folder with tables, a configuration, a vocabulary and a small classifier's directory."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "rows.csv").write_text(ROWS)
    (folder / "other.csv").write_text("text,label\nhi,unheard of\n")
    (folder / "texts.txt").write_text("guten Morgen\nnamaste, world\n")
    text_config.save_pretrained(folder)
    small_tokenizer.save_pretrained(folder / "model")
    config = text_config.replace(id2label={0: "greeting", 1: "parting"})
    RemBertForSequenceClassification(config).save_pretrained(folder / "model")
    return folder


def test_finetune_predict_and_export_follow_each_other(rembert, tmp_path):
    printed = rembert(
        "finetune csv --config @config.json --sentencepiece @model/sentencepiece.model --train @rows.csv @rows.csv "
        "--dev @rows.csv --output run --epochs 1 --max-length 16 --json"
    )
    result = json.loads(printed.out)
    assert result["model"] == "run/best"
    assert 0 <= result["accuracy"] <= 1
    assert json.loads((tmp_path / "run/run.json").read_text())["rows"] == 8  # --train took both files

    printed = rembert("predict run/best --input @rows.csv --output labelled.csv")
    rows = list(csv.DictReader((tmp_path / "labelled.csv").open()))
    assert [row["text"] for row in rows] == ["guten Morgen", "auf Wiedersehen", "hello", "goodbye"]
    assert printed.out == ""

    printed = rembert("export run/best served --max-length 16 --no-warmup")
    assert printed.out == "served/1\n"
    assert "rembert serve served" in printed.err
    assert (tmp_path / "served/1/saved_model.pb").exists()


def test_predict_prints_json_lines_with_probabilities(rembert):
    rows = [json.loads(line) for line in rembert("predict @model --input @texts.txt").out.splitlines()]
    assert [row["text"] for row in rows] == ["guten Morgen", "namaste, world"]
    for row in rows:
        assert set(row["probabilities"]) == {"greeting", "parting"}
        assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert row["score"] == max(row["probabilities"].values())
        assert row["probabilities"][row["label"]] == row["score"]


def test_train_tokenizer_has_rembert_layout(rembert, tmp_path):
    text = "".join(f"Wort{number} und word{number}\n" for number in range(300))
    (tmp_path / "corpus.txt").write_text(text)
    rembert("train-tokenizer corpus.txt --output vocabulary --vocab-size 400")
    tokenizer = RemBertTokenizerFast.from_pretrained(tmp_path / "vocabulary")
    assert len(tokenizer) == 400
    tokens = ["[PAD]", "</s>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
    assert tokenizer.convert_tokens_to_ids(tokens) == [0, 1, 2, 312, 313, 314]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("predict nowhere --input @texts.txt", "no model directory at 'nowhere'"),
        ("predict google/rembert --input @texts.txt", "hf download google/rembert"),
        ("predict @model --input nowhere.csv", "no file 'nowhere.csv'"),
        ("predict @model --input @rows.csv --output x.pdf", "must end in .jsonl, .csv or .tsv"),
        ("export nowhere served", "no model directory"),
        ("export @model served --version 0", "version must be a positive integer"),
        ("train-tokenizer @texts.txt --output v --vocab-size 99", "vocab_size must be at least 316"),
        ("train-tokenizer @texts.txt --output v --vocab-size 30000", "cannot train 30000 pieces on 2 texts"),
        (
            "finetune csv --model @model --train @rows.csv --dev @other.csv --output r --max-length 9",
            "the label 'unheard of' does not occur in training",
        ),
        (
            "finetune csv --model @model --train @rows.csv --dev @rows.csv --output r --label-column topic",
            "no column 'topic'",
        ),
        ("finetune csv --train @rows.csv --dev @rows.csv --output r", "give either --model"),
        ("finetune sudoku --model m --train a --dev b --output r", "'sudoku' is not one of 'xnli', 'pawsx'"),
        ("no-such-command", "No such command 'no-such-command'"),
    ],
)
def test_a_users_mistake_is_one_sentence_and_leaves_nothing(rembert, tmp_path, line, message):
    printed = rembert(line, code=2)
    assert message in printed.err
    assert "Traceback" not in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


def test_our_own_defects_end_with_1_and_debug_shows_where(monkeypatch, capsys):
    @click.command()
    def broken():
        raise RuntimeError("an impossible state")

    monkeypatch.setattr(main.LazyGroup, "get_command", lambda self, ctx, name: broken)
    assert main.run(["broken"]) == 1
    printed = capsys.readouterr().err
    assert "an impossible state" in printed
    assert "Traceback" not in printed
    assert main.run(["broken"], debug=True) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (["task", "--file", "a", "b", "--number", "3"], ("a", "b")),
        (["task", "--file", "a", "--file", "b"], ("a", "b")),
        (["--number", "3", "task", "--file", "a"], ("a",)),
        (["--file", "a", "-", "--", "task"], ("a", "-")),
    ],
)
def test_repeatable_options_take_several_values(arguments, files):
    seen = {}

    @click.command(cls=ManyValuesCommand)
    @click.argument("task")
    @click.option("--file", "file", multiple=True)
    @click.option("--number", type=int)
    def command(task, file, number):
        seen.update(task=task, file=file)

    command.main(arguments, standalone_mode=False)
    assert seen == {"task": "task", "file": files}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_standard_output_on_a_full_disk(unbuffered):
    command = [sys.executable, "-m", "rembert_tf", "--version"]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment)
    assert (done.returncode, done.stderr) == (2, "rembert: no space is left on the disk for the output: make room.\n")
