"""`rembert bench`: its options, its mistakes, and once the whole way in tiny sizes."""

import json

import pytest

from rembert_tf.benchmarking import run
from rembert_tf.benchmarking.settings import ALL, PARTS, QUICK, START


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Nothing: the models of the other commands are not needed here."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture
def settings(monkeypatch):
    """What the command asks for; nothing is measured."""
    asked = []

    class Stopped(Exception):
        pass

    def record(settings, stage):
        asked.append(settings)
        raise Stopped

    monkeypatch.setattr(run, "run_benchmark", record)
    return asked


def test_help_has_an_example(rembert):
    printed = rembert("bench --help").out
    assert "rembert bench --all --peer-python" in printed
    assert "--full-size" in printed


@pytest.mark.parametrize(
    ("line", "parts", "predict"),
    [
        ("bench", QUICK, False),
        ("bench --full-size", (*QUICK, START), False),
        ("bench --all", ALL, True),
        ("bench --all --full-size", PARTS, True),
        ("bench --parts growth peak", ("peak", "growth"), True),
    ],
)
def test_parts_are_chosen_and_run_in_their_order(rembert, settings, line, parts, predict):
    rembert(line, code=1)
    assert settings[0].parts == parts
    assert settings[0].predict is predict
    assert settings[0].repeats == 9 and settings[0].layers == 4 and settings[0].size == "real"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("bench --all --parts peak", "give either --all or --parts"),
        ("bench --parts sleep", "'sleep' is not one of"),
        ("bench --threads 100000", "--threads is 100000, but this process may use"),
        ("bench --peer-python nowhere/python", "'nowhere/python' cannot be run"),
        ("bench --texts nowhere.txt", "no file 'nowhere.txt'"),
        ("bench --sentencepiece nowhere.model", "no file 'nowhere.model'"),
        ("bench --repeats 0", "Invalid value for '--repeats'"),
    ],
)
def test_a_users_mistake_is_one_sentence_and_leaves_nothing(rembert, tmp_path, line, message):
    printed = rembert(line, code=2)
    assert message in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_tiny_sizes_go_the_whole_way(rembert, tmp_path):
    parts = " ".join(PARTS)
    line = f"bench --size tiny --layers 1 --repeats 2 --text-count 10 --parts {parts} --output found --json here/x.json"
    printed = rembert(line)
    assert (tmp_path / "found/bench.md").read_text() == printed.out
    content = json.loads((tmp_path / "here/x.json").read_text())
    assert content["failed"] == {}
    assert {row["part"] for row in content["measured"]} == set(PARTS)
    assert all(0 < row["least"] <= row["median"] for row in content["measured"])
    ours = [row["case"] for row in content["measured"] if (row["part"], row["candidate"]) == ("forward", "rembert-tf")]
    assert set(ours) == {"1x8", "2x16"}
    assert content["weights"]["float32"] > 0
    assert (tmp_path / "found/bench-growth.png").read_bytes().startswith(b"\x89PNG")
    pieces = {row["result"] for row in content["measured"] if row["part"] == "tokenization"}
    assert len(pieces) == 1  # all tokenizers cut the same texts into as many pieces
