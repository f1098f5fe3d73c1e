"""`rembert query`: where texts come from, and how the answer of each kind of model is printed."""

import io
import json
import sys

import numpy as np
import pytest

from rembert_tf.cli.main import run
from rembert_tf.cli.query_answers import as_line, as_record
from rembert_tf.serving.client import Answer, Choice, Classification, Entity, Fill, Generated, Regression, heads
from rembert_tf.serving.client.asking import AnyAnswer
from tests.serving.scripted_server import TEXT, metadata, scripted_server


def floats(*values):
    return np.array(values, np.float32)


@pytest.fixture
def script():
    with scripted_server() as script:
        yield script


@pytest.fixture
def query(script, capfd, monkeypatch):
    """Runs the command against the scripted server, which echoes texts: (exit code, output, errors)."""

    def query(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = run(["query", script.url, *map(str, arguments)])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return query


ANSWERS = [
    (
        AnyAnswer(heads.CLASSIFICATION, Classification("news", float(np.float32(0.9)), floats(0.9, 0.1))),
        "news\t0.9000",
        {"label": "news", "score": 0.9, "probabilities": [0.9, 0.1]},
    ),
    (
        AnyAnswer(heads.MULTI_LABEL, Classification(None, None, floats(0.9, 0.1)), ["news", "天気"]),
        "news=0.9000\t天気=0.1000",
        {"probabilities": {"news": 0.9, "天気": 0.1}},
    ),
    (AnyAnswer(heads.REGRESSION, Regression(2.5)), "2.5000", {"score": 2.5}),
    (AnyAnswer(heads.REGRESSION, Regression(floats(1, 2))), "[1. 2.]", {"score": [1.0, 2.0]}),
    (
        AnyAnswer(heads.ENTITIES, [Entity("PER", 0, 3, 0.5, "Ada"), Entity("LOC", 7, 9, 0.25, "京都")]),
        "Ada [0:3] PER 0.5000\t京都 [7:9] LOC 0.2500",
        {
            "entities": [
                {"entity": "PER", "start": 0, "end": 3, "score": 0.5, "text": "Ada"},
                {"entity": "LOC", "start": 7, "end": 9, "score": 0.25, "text": "京都"},
            ]
        },
    ),
    (AnyAnswer(heads.ENTITIES, []), "(no entities)", {"entities": []}),
    (
        AnyAnswer(heads.ANSWER, Answer("at nine", 10, 17, 0.5)),
        "at nine\t[10:17]\t0.5000",
        {"answer": "at nine", "start": 10, "end": 17, "score": 0.5},
    ),
    (
        AnyAnswer(heads.ANSWER, [Answer("nine", 13, 17, 0.5), Answer("", 0, 0, 0.25)]),
        "nine\t[13:17]\t0.5000 | (no answer)\t[0:0]\t0.2500",
        {
            "answers": [
                {"answer": "nine", "start": 13, "end": 17, "score": 0.5},
                {"answer": "", "start": 0, "end": 0, "score": 0.25},
            ]
        },
    ),
    (
        AnyAnswer(heads.FILL_MASK, [[Fill("yes", 0.75), Fill("no", 0.25)], [Fill("a", 0.5)]]),
        "yes 0.7500, no 0.2500 | a 0.5000",
        {"masks": [[{"token": "yes", "score": 0.75}, {"token": "no", "score": 0.25}], [{"token": "a", "score": 0.5}]]},
    ),
    (AnyAnswer(heads.FILL_MASK, []), "(no [MASK])", {"masks": []}),
    (
        AnyAnswer(heads.CHOICE, Choice(1, "soup", floats(0.25, 0.75))),
        "1\tsoup\t0.7500",
        {"choice": 1, "text": "soup", "probabilities": [0.25, 0.75]},
    ),
    (AnyAnswer(heads.GENERATION, Generated("and then", 2)), "and then", {"text": "and then", "num_tokens": 2}),
    (AnyAnswer(heads.EMBEDDING, floats(0.5, 1)), "[0.5 1. ]", {"embedding": [0.5, 1.0]}),
    (AnyAnswer(heads.TOKENIZE, [1, 2]), "[1, 2]", {"input_ids": [1, 2]}),
    (AnyAnswer(None, {"joined": "ab", "length": np.int32(2)}), "joined=ab\tlength=2", {"joined": "ab", "length": 2}),
]


@pytest.mark.parametrize("answer, line, record", ANSWERS)
def test_answers(answer, line, record):
    assert as_line(answer) == line
    assert json.loads(as_record(answer)) == record


@pytest.mark.parametrize("text", ["two\nlines", "a\tb", "\x1b[31mred", "\x9b31m", "\x7f", "\u0000"])
def test_no_control_character_reaches_the_terminal(text):
    line = as_line(AnyAnswer(heads.GENERATION, Generated(text, 1)))
    assert json.loads(line) == text
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line)


class TestTexts:
    def test_a_file_of_lines(self, query, tmp_path):
        (tmp_path / "texts.txt").write_text("eins\n日本\n", encoding="utf-8")
        assert query("--input", tmp_path / "texts.txt")[:2] == (0, "eins\n日本\n")

    @pytest.mark.parametrize("arguments", [["-"], ["--input", "-"]])
    def test_standard_input(self, query, arguments):
        assert query(*arguments, stdin="eins\r\n\n日本".encode())[:2] == (0, "eins\n\n日本\n")
        assert query(*arguments)[:2] == (0, "")

    def test_a_table(self, query, script, tmp_path):
        (tmp_path / "pairs.csv").write_text("question,context\nwho?,me\nwhy?,because\n")
        inputs = {"question": TEXT, "context": TEXT}
        script.say(200, metadata({"inputs": inputs, "outputs": {"echo": TEXT}}))
        script.say(200, {"outputs": ["a", "b"]})
        assert query("--input", tmp_path / "pairs.csv")[:2] == (0, "a\nb\n")
        assert script.predictions[-1]["inputs"] == {"question": ["who?", "why?"], "context": ["me", "because"]}

    def test_many_texts_in_batches(self, query, script):
        lines = "".join(f"{number}\n" for number in range(70))
        assert query("-", stdin=lines.encode())[:2] == (0, lines)
        assert sorted(len(body["inputs"]["text"]) for body in script.predictions) == [6, 32, 32]

    def test_mistakes(self, query, tmp_path):
        (tmp_path / "latin.txt").write_bytes(b"a\ncaf\xe9\n")
        (tmp_path / "other.csv").write_text("id,words\n1,a\n")
        (tmp_path / "pairs.csv").write_text("text,text_pair\na,b\n")
        for arguments, stdin, message in [
            ((), b"", "give the texts either as TEXT... or as --input FILE"),
            (("a", "--input", "texts.txt"), b"", "give the texts either as TEXT... or as --input FILE"),
            (("--input", "nowhere.txt"), b"", "nowhere.txt"),
            (("--input", tmp_path / "latin.txt"), b"", "line 2: not UTF-8"),
            (("--input", tmp_path / "other.csv"), b"", "has no column 'text'"),
            (("--input", tmp_path / "pairs.csv", "--pair", "c"), b"", "has a column text_pair: leave out --pair"),
            (("-",), b"a\nb\xff\n", "standard input, line 2: not UTF-8"),
        ]:
            code, out, err = query(*arguments, stdin=stdin)
            assert (code, out) == (2, "")
            assert message in err
            assert "Traceback" not in err


class TestConnection:
    def test_which_model(self, query, script):
        query("a", "--version", 3)
        query("a", "--label", "canary", "--name", "topic", "--header", "Authorization: Bearer x:y")
        assert script.asked[0][2] == "/v1/models/model/versions/3/metadata"
        assert script.asked[-1][2] == "/v1/models/topic/labels/canary:predict"
        assert script.asked[-1][3]["authorization"] == "Bearer x:y"

    def test_a_refusal(self, query, script):
        script.say(503)
        assert query("a", "--retries", 0) == (2, "", "rembert: told to\n")

    @pytest.mark.parametrize(
        "arguments, message",
        [
            (["--version", "1", "--label", "a"], "give a version (1) or a label ('a'), not both"),
            (["--header", "nothing"], "a header is written as 'name: value'"),
            (["--header", "a b: c"], "is no header's name"),
            (["--timeout", "0"], "timeout must be a positive number"),
            (["--batch-size", "0"], "batch_size must be a positive number"),
            (["--version", "-1"], "-1 is not in the range"),
            (["--ca-file", "ca.pem"], "has no TLS"),
        ],
    )
    def test_options_that_cannot_be(self, query, script, arguments, message):
        code, out, err = query("a", *arguments)
        assert (code, out) == (2, "")
        assert message in err
        assert script.asked == []
