"""`rembert pretrain` on raw text and on a prepared corpus, as a user types it."""

import importlib.util
import json
import shlex

import pytest

from rembert_tf import RemBertForMaskedLM, RemBertTokenizerFast
from rembert_tf.cli import main
from tests.pretraining.small_corpus import SENTENCES, sentences

needs_beam = pytest.mark.skipif(importlib.util.find_spec("apache_beam") is None, reason="the beam extra is absent")
SHORT = "--max-steps 2 --batch-size 4 --evaluate-rows 2"


@pytest.fixture
def rembert(capsys, monkeypatch, tmp_path):
    """Runs `rembert pretrain ...` in a folder with two files of text."""
    monkeypatch.chdir(tmp_path)
    for code in ("de", "en"):
        (tmp_path / f"text-{code}.txt").write_text("\n\n".join(sentences(code, 150)) + "\n", encoding="utf-8")

    def rembert(line, code=0):
        assert main.run(["pretrain", *shlex.split(line)]) == code
        return capsys.readouterr()

    return rembert


@needs_beam
def test_from_raw_text_with_a_vocabulary_of_its_own(rembert, tmp_path):
    text = "--data text-de.txt text-en.txt --vocab-size 620 --max-length 24 --held-out 0.1"
    printed = rembert(f"{text} --size tiny {SHORT} --output run")
    lines = [line.split() for line in printed.out.splitlines()]
    assert lines[0] == ["language", "share", "accuracy", "perplexity"]
    assert [line[0] for line in lines[1:]] == ["de", "en", "mean"]
    assert "next: rembert finetune TASK --model run/best" in printed.err
    model = RemBertForMaskedLM.from_pretrained(tmp_path / "run/best")
    tokenizer = RemBertTokenizerFast.from_pretrained(tmp_path / "run/best")
    assert model.config.vocab_size == len(tokenizer) == 620 and model.config.hidden_size == 128
    assert tokenizer.unk_token_id not in tokenizer("Ж 語 🙂")["input_ids"]  # spelled in bytes
    vocabulary = (tmp_path / "run/vocabulary/sentencepiece.model").read_bytes()
    assert vocabulary == (tmp_path / "run/corpus/sentencepiece.model").read_bytes()
    again = rembert(f"{text} --size tiny {SHORT} --output run --resume --json")  # it has ended
    assert json.loads(again.out)["languages"].keys() == {"de", "en"}

    # From that model, on the corpus that was made of the text.
    found = json.loads(rembert(f"--data run/corpus --model run/best {SHORT} --output next --json").out)
    assert found["model"] == "next/best" and found["languages"]["de"]["share"] == pytest.approx(0.5, abs=0.1)
    assert (
        "decided when the corpus was prepared"
        in rembert(f"--data run/corpus --model run/best --max-length 16 {SHORT} --output x", 2).err
    )

    (tmp_path / "run").rename(tmp_path / "a run")
    ended = rembert(f"{text} --size tiny {SHORT} --output 'a run' --resume")
    assert ended.out == printed.out and "--model 'a run/best' " in ended.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--data text-de.txt --output run --size tiny", "raw text needs a vocabulary: say --vocab-size N"),
        ("--data text-de.txt --output run --model m --size tiny", "give one of --model DIR, --config FILE and --size"),
        ("--data text-de.txt --output run --model m --vocab-size 9", "a model directory brings its own vocabulary"),
        ("--data text-de.txt --output run --vocab-size 700 --max-steps 0", "max_steps must be"),
        ("--data text-de.txt --output run --vocab-size 700 --max-length 600", "has 512 positions"),
        pytest.param("--data text-de.txt --output run --vocab-size 9000", "hold no more than", marks=needs_beam),
        pytest.param("--data blank-de.txt --output run --vocab-size 700", "no line of the files", marks=needs_beam),
        pytest.param("--data absent.txt --output run --vocab-size 700", "there is no file", marks=needs_beam),
        pytest.param("--data plain.txt --output run --vocab-size 700", "nothing tells the language", marks=needs_beam),
    ],
)
def test_mistakes_are_one_sentence_and_leave_no_folder(rembert, tmp_path, line, message):
    (tmp_path / "plain.txt").write_text(SENTENCES["de"])
    (tmp_path / "blank-de.txt").write_text("\n \n123\n")
    printed = rembert(line, 2)
    errors = [row for row in printed.err.splitlines() if row.startswith("rembert: ")]
    assert len(errors) == 1 and message in errors[0]
    assert not (tmp_path / "run").exists()


def test_without_beam_raw_text_is_one_sentence(rembert, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "apache_beam", None)
    printed = rembert("--data text-de.txt --output run --vocab-size 700", 2)
    assert "needs packages that are not installed: pip install 'rembert-tf[beam]'" in printed.err
