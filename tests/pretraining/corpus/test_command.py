"""`rembert prepare-corpus`: its tables, its JSON, its progress, and what it leaves to a runner."""

import json

import pytest

from rembert_tf.cli.main import run
from rembert_tf.pipelines.progress import listening, tell
from rembert_tf.pretraining.corpus.picture import shares
from rembert_tf.pretraining.corpus.steps import TOKENIZING


@pytest.fixture
def text(tmp_path):
    for code, count in (("de", 40), ("en", 10)):
        (tmp_path / f"text-{code}.txt").write_text(
            "".join(f"Number {number} in {code}.\n\n" for number in range(count))
        )
    return [str(tmp_path / f"text-{code}.txt") for code in ("de", "en")]


def test_tables(text, small_vocabulary, tmp_path, capsys):
    output = tmp_path / "corpus"
    command = ["prepare-corpus", *text, "--sentencepiece", small_vocabulary, "--output", str(output)]
    assert run([*command, "--held-out", "0.2", "--", "--direct_running_mode", "in_memory"]) == 0
    printed = capsys.readouterr()
    head, german, english, both, empty = printed.out.splitlines()
    assert " ".join(head.split()) == "language documents lines pieces rows held out rows share smoothed"
    assert german.split()[:3] == ["de", "40", "40"] and english.split()[:3] == ["en", "10", "10"]
    share, smoothed = (float(cell.rstrip("%")) for cell in german.split()[-2:])
    assert 75 < share < 85 and smoothed == pytest.approx(100 * 2 / 3, abs=2)
    assert both.split()[:3] == ["all", "50", "50"]
    assert empty == "left out, empty: 50 lines"
    assert "corpus 50/50 tokenizing" in printed.err.splitlines()
    assert "Traceback" not in printed.err and "WARNING" not in printed.err
    assert run(command) == 2
    assert "holds a corpus already" in capsys.readouterr().err


def test_json(text, small_vocabulary, tmp_path, capsys):
    output = tmp_path / "corpus"
    options = ["--language", "mul", "--no-deduplicate", "--max-length", "64", "--shard-rows", "2", "--json"]
    assert run(["prepare-corpus", *text, "--sentencepiece", small_vocabulary, "--output", str(output), *options]) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert manifest == json.loads((output / "corpus.json").read_text())
    assert manifest["languages"]["mul"]["documents"] == 50
    wanted = {"max_length": 64, "shard_rows": 2, "deduplicate": False, "language": "mul", "held_out": 0.005}
    assert wanted.items() <= manifest["settings"].items()


def test_a_mistake_of_a_line_is_one_sentence(small_vocabulary, tmp_path, capsys):
    (tmp_path / "text.jsonl").write_text('{"text": "a"}\n')
    options = ["--sentencepiece", small_vocabulary, "--output", str(tmp_path / "corpus")]
    assert run(["prepare-corpus", str(tmp_path / "text.jsonl"), *options]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"rembert: {tmp_path}/text.jsonl, line 1: nothing tells its language")


def test_smoothed_shares():
    assert shares({"a": 900, "b": 100}) == {"a": 0.9, "b": 0.1}
    assert shares({"a": 900, "b": 100}, 0.5) == {"a": 0.75, "b": 0.25}


def test_progress_is_told_to_whoever_listens():
    heard = []
    with listening(lambda *said: heard.append(said)):
        for _ in range(4):
            tell(TOKENIZING, 25, 100)
    tell(TOKENIZING, 1, 100)
    assert heard[0] == (25, 100, TOKENIZING) and heard[-1] == (100, 100, TOKENIZING)
    with listening(None):
        tell(TOKENIZING, 1, 1)
