"""Rows that cannot be answered stand in a file of their own with the reason; the others are answered."""

import json

import pyarrow

from rembert_tf.pipelines import lines
from tests.serving.batch.test_formats import parquet, records


def test_text(predicting, models):
    answers, rejected, summary = predicting(models("embed"), {"a.txt": b"good\n\xff\xfebad\ncaf\xc3\nzero\x00\n"})
    assert [answer["row"] for answer in answers] == [1, 4] and answers[1]["input"] == {"text": "zero\x00"}
    assert rejected == [
        (2, "not UTF-8 (invalid start byte at byte 0)"),
        (3, "not UTF-8 (unexpected end of data at byte 3)"),
    ]
    assert summary["reasons"] == {"not UTF-8": 2} and (summary["answered"], summary["rejected"]) == (2, 2)


def test_lines_without_end(predicting, models, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_LINE", 10)
    answers, rejected, _ = predicting(models("embed"), {"a.txt": b"x" * 35 + b"\nshort\n"}, part_rows=1)
    assert [answer["row"] for answer in answers] == [2] and [row for row, _ in rejected] == [1]


BAD_LINES = {
    b"": "an empty line",
    b"   ": "an empty line",
    b'{"text": "a"': "not JSON (",
    b'{"text": NaN}': "not JSON (NaN is no number)",
    b"[" * 100_000: "not JSON (nested too deeply)",
    b'["a"]': "not a JSON object",
    b'"text"': "not a JSON object",
    b'{"text": "\xff"}': "not UTF-8 (",
    b'{"txt": "a"}': "no column 'text'",
    b'{"text": null}': "column 'text' holds null instead of text",
    b'{"text": 7}': "column 'text' holds a number instead of text",
    b'{"text": true}': "column 'text' holds true or false instead of text",
    b'{"text": ["a"]}': "column 'text' holds a list instead of text",
    b'{"text": {"a": 1}}': "column 'text' holds an object instead of text",
    b'{"text": "\\ud800"}': "column 'text' holds half of a surrogate pair",
}


def test_json(predicting, models):
    content = b"".join(line + b'\n{"text": "good"}\n' for line in BAD_LINES)
    answers, rejected, _ = predicting(models("embed"), {"a.jsonl": content}, part_rows=7)
    assert [answer["row"] for answer in answers] == [2 * number + 2 for number in range(len(BAD_LINES))]
    assert [row for row, _ in rejected] == [2 * number + 1 for number in range(len(BAD_LINES))]
    for (_, said), reason in zip(rejected, BAD_LINES.values(), strict=True):
        assert said.startswith(reason)


def test_names(predicting, models):
    wrong = "instead of a name or a whole number"
    reasons = {
        "null": f"column 'key' holds null {wrong}",
        "1.5": f"column 'key' holds a number {wrong}",
        "true": f"column 'key' holds true or false {wrong}",
    }
    rows = [{"text": "a", "key": "k"}, *({"text": "a", "key": json.loads(key)} for key in reasons), {"text": "a"}, {}]
    _, rejected, _ = predicting(models("embed"), {"a.jsonl": rows}, id_column="key")
    expected = [*reasons.values(), "no column 'key'", "no column 'text', 'key'"]
    assert rejected == list(enumerate(expected, start=2))


def test_what_only_the_answers_keep_may_be_anything(predicting, models):
    content = b'{"text": "a", "more": "\\ud800", "big": 1e999}\n'
    [answer] = predicting(models("embed"), {"a.jsonl": content}, keep=("more", "big"))[0]
    assert answer["input"] == {"text": "a", "more": "\ud800", "big": None}


def test_parquet_and_records(predicting, models, tmp_path):
    table = parquet({"text": pyarrow.array([b"a", b"\xff", None], pyarrow.binary())})
    content = records(tmp_path / "r", [{"text": b"a"}, {"text": b"\xff"}, {"other": b"a"}, {"text": 3}])
    _, rejected, _ = predicting(models("embed"), {"a.parquet": table, "b.tfrecord": content})
    not_text = "column 'text' is not UTF-8 (invalid start byte at byte 0)"
    assert rejected == [
        (2, not_text),
        (3, "column 'text' holds null instead of text"),
        (2, not_text),
        (3, "no column 'text'"),
        (4, "column 'text' holds a number instead of text"),
    ]


def test_parquet_that_python_cannot_hold(predicting, models):
    """Strings that are not UTF-8, as some writers leave them, and times after the year 9999."""
    texts = pyarrow.array([b"good", b"a\xff", b"late", b"later"]).view(pyarrow.string())
    times = pyarrow.array([0, 0, 2 * 253402300800, 0], pyarrow.timestamp("s"))
    spans = pyarrow.array([0, 0, 0, 2**62], pyarrow.duration("s"))
    table = parquet({"text": texts, "time": times, "span": spans})
    answers, rejected, _ = predicting(models("embed"), {"a.parquet": table}, keep=("time", "span"))
    early, late = (answer["input"]["time"] for answer in answers)
    assert early == "1970-01-01T00:00:00" and late.startswith("18029-12-31 00:00:00")
    assert rejected[0] == (2, "column 'text' is not UTF-8 (invalid start byte at byte 1)")
    assert rejected[1][0] == 4 and rejected[1][1].startswith("column 'span' cannot be read (")


def test_columns_that_an_answer_cannot_hold(predicting, models):
    deep = b"[" * 700 + b"]" * 700
    content = b'{"text": "a", "more": ' + deep + b'}\n{"text": "b"}\n'
    answers, rejected, _ = predicting(models("embed"), {"a.jsonl": content}, keep=("more",))
    # How deep is too deep differs between versions of Python; no row is lost, and none ends the command.
    assert len(answers) + len(rejected) == 2 and answers[-1]["row"] == 2
    assert rejected in ([], [(1, "a column is nested too deeply")], [(1, "not JSON (nested too deeply)")])


def test_names_of_columns_that_are_no_text(predicting, models):
    row = b'"text": "a", "text_pair": "b"}\n'
    content = b'{"\\ud800": "x", ' + row + b"{" + row
    answers, rejected, _ = predicting(models("embed"), {"a.jsonl": content}, signature="classify")
    assert [answer["row"] for answer in answers] == [2]
    assert rejected == [(1, "column '\\ud800' does not fit a feature of a tf.train.Example")]


def test_what_the_model_refuses(predicting, models):
    texts = [f"text {number}" for number in range(40)]
    texts[7] = texts[31] = "a bad one"
    texts[20] = "nan"
    answers, rejected, summary = predicting(models("lengths"), {"a.txt": "\n".join(texts)}, batch_size=16)
    assert [row for row, _ in rejected] == [8, 21, 32]
    assert rejected[1][1] == "the model's score is not a finite number"
    assert rejected[0][1].startswith("the model refuses it: ") and "a text is bad" in rejected[0][1]
    assert [answer["row"] for answer in answers] == [row for row in range(1, 41) if row not in (8, 21, 32)]
    assert all(answer["output"]["score"] == len(answer["input"]["text"]) for answer in answers)
    assert summary["reasons"] == {"the model refuses it": 2, "the model's score is not a finite number": 1}


def test_a_file_of_nothing_else(predicting, models):
    answers, rejected, summary = predicting(models("embed"), {"a.txt": b"\xff\n" * 5}, part_rows=2)
    assert answers == [] and summary["outputs"] == [] and [row for row, _ in rejected] == [1, 2, 3, 4, 5]
