"""Every format of files, plain and compressed, in parts of any size: the same rows, each with its number."""

import csv
import gzip
import io
import json
import lzma
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import tensorflow as tf

from rembert_tf.serving.batch import parts
from rembert_tf.serving.batch.sources import Source

TEXTS = ["Guten Tag", "", "नमस्ते दुनिया", 'a "b"\\\t\u2028c', " Leerzeichen ", "x" * 300, "Ende"]


def json_lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def delimited(rows, dialect):
    content = io.StringIO()
    writer = csv.DictWriter(content, rows[0], dialect=dialect)
    writer.writeheader()
    writer.writerows(rows)
    return content.getvalue().encode()


def parquet(columns, **options):
    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), content, **options)
    return content.getvalue()


def records(path, examples, compression=""):
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for features in examples:
            writer.write(example(features))
    return path.read_bytes()


def example(features):
    kinds = {bytes: "bytes_list", int: "int64_list", float: "float_list"}
    found = tf.train.Example()
    for name, values in features.items():
        for value in values if isinstance(values, list) else [values]:
            getattr(found.features.feature[name], kinds[type(value)]).value.append(value)
    return found.SerializeToString()


def tab_separated(rows):
    return "".join(f"{row['text']}\t{row['n']}\n" for row in [{"text": "text", "n": "n"}, *rows]).encode()


def texts_of(kind):
    """Returns the texts in a file; TSV is never quoted and holds no tab."""
    return [text.replace("\t", " ") for text in TEXTS] if ".tsv" in kind else TEXTS


def file_of(kind, folder):
    """Returns (name, content) of a file of texts."""
    text = "\n".join(TEXTS).encode()
    rows = [{"text": value, "n": number} for number, value in enumerate(texts_of(kind))]
    features = [{"text": row["text"].encode(), "n": row["n"]} for row in rows]
    contents = {
        "a.txt": lambda: text,
        "windows.txt": lambda: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"),
        "a.txt.gz": lambda: gzip.compress(text),
        "a.txt.xz": lambda: lzma.compress(text),
        "a.csv": lambda: delimited(rows, "excel"),
        "windows.csv": lambda: b"\xef\xbb\xbf" + delimited(rows, "excel"),
        "a.csv.gz": lambda: gzip.compress(delimited(rows, "unix")),
        "a.tsv": lambda: tab_separated(rows),
        "a.tsv.xz": lambda: lzma.compress(tab_separated(rows)),
        "a.jsonl": lambda: json_lines(rows),
        "a.json.gz": lambda: gzip.compress(json_lines(rows)),
        "a.parquet": lambda: parquet({"text": TEXTS, "n": list(range(len(TEXTS)))}, row_group_size=3),
        "a.tfrecord": lambda: records(folder / "r", features),
        "a.tfrecord-00000-of-00001": lambda: records(folder / "r", features),
        "a.tfrecord.gz": lambda: records(folder / "r", features, "GZIP"),
    }
    return kind, contents[kind]()


KINDS = ("a.txt", "windows.txt", "a.txt.gz", "a.txt.xz", "a.jsonl", "a.json.gz", "a.parquet", "a.tfrecord")
KINDS += ("a.tfrecord-00000-of-00001", "a.tfrecord.gz", "a.csv", "windows.csv", "a.csv.gz", "a.tsv", "a.tsv.xz")


@pytest.mark.parametrize("kind", KINDS)
def test_rows(kind, predicting, models, tmp_path):
    (name, content), texts = file_of(kind, tmp_path), texts_of(kind)
    answers, rejected, summary = predicting(models("embed"), {name: content}, part_rows=3, batch_size=2)
    assert [answer["file"] for answer in answers] == [str(tmp_path / name)] * len(TEXTS)
    assert [answer["row"] for answer in answers] == list(range(1, len(TEXTS) + 1))
    assert [answer["input"] for answer in answers] == [{"text": text} for text in texts]
    assert [answer["output"]["embedding"] for answer in answers] == [[len(t), len(t.encode())] for t in texts]
    assert rejected == [] and (summary["rows"], summary["answered"], summary["rejected"]) == (7, 7, 0)
    assert [Path(path).read_bytes().count(b"\n") for path in summary["outputs"]] == [3, 3, 1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part_rows", [1, 3, 100])
def test_parts_cover_a_file(kind, part_rows, tmp_path):
    name, content = file_of(kind, tmp_path)
    (tmp_path / name).write_bytes(content)
    kinds = {".txt": "text", ".jso": "jsonl", ".par": "parquet", ".tfr": "tfrecord", ".csv": "csv", ".tsv": "tsv"}
    source = Source(0, str(tmp_path / name), kinds[name[name.index(".") :][:4]])
    stretches = parts.split(source, part_rows)
    assert [rows for _, rows, _ in stretches[:-1]] == [part_rows] * (len(stretches) - 1)
    found = [
        row for part, stretch in enumerate(stretches) for row in parts.read_rows(parts.part_of(source, part, stretch))
    ]
    assert [number for number, _ in found] == list(range(1, 8))
    plain = [row["text"] if isinstance(row["text"], str) else row["text"].decode() for _, row in found]
    assert plain == texts_of(kind)


def test_large_rows_make_small_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART_BYTES", 250)
    (tmp_path / "a.txt").write_text("\n".join(["x" * 100] * 7 + ["y" * 1000] * 2))
    assert [rows for _, rows, _ in parts.split(Source(0, str(tmp_path / "a.txt"), "text"), 100)] == [2, 2, 2, 1, 1, 1]


def test_files_read_from_the_beginning_have_few_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "MOST_PARTS", 4)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"x\n" * 10))
    found = parts.split(Source(0, str(tmp_path / "a.txt.gz"), "text"), 1)
    assert [(first, rows) for first, rows, _ in found] == [(1, 3), (4, 3), (7, 3), (10, 1)]
    assert len(parts.split(Source(0, str(tmp_path / "a.txt.gz"), "jsonl"), 5)) == 2


def test_ids_and_what_is_kept(predicting, models):
    rows = [{"text": "a", "key": "k1", "tags": ["x", 1.5, None], "more": {"ü": True}}, {"text": "b", "key": 7}]
    answers, _, _ = predicting(models("embed"), {"a.jsonl": rows}, id_column="key", keep=("tags", "more"))
    assert [list(answer) for answer in answers] == [["file", "row", "id", "input", "output"]] * 2
    assert [answer["id"] for answer in answers] == ["k1", 7]
    assert answers[0]["input"] == {"text": "a", "tags": ["x", 1.5, None], "more": {"ü": True}}
    assert answers[1]["input"] == {"text": "b", "tags": None, "more": None}


def test_other_types_of_parquet_and_records(predicting, models, tmp_path):
    import datetime

    day, raw = datetime.date(2026, 11, 26), b"\xff\x00"
    table = parquet({"text": ["a"], "day": [day], "raw": [raw], "ok": [float("nan")], "list": [[b"x"]]})
    record = records(tmp_path / "r", [{"text": b"b", "raw": raw, "list": [1, 2], "ok": 0.5}])
    files = {"a.parquet": table, "b.tfrecord": record}
    answers, _, _ = predicting(models("embed"), files, keep=("day", "raw", "ok", "list"))
    b64 = {"b64": "/wA="}
    assert answers[0]["input"] == {"text": "a", "day": "2026-11-26", "raw": b64, "ok": None, "list": ["x"]}
    assert answers[1]["input"] == {"text": "b", "day": None, "raw": b64, "ok": 0.5, "list": [1, 2]}


def test_a_file_that_lacks_the_column(predicting, models):
    files = {"a.parquet": parquet({"text": ["a"]}), "b.parquet": parquet({"n": [1, 2, 3]})}
    answers, rejected, _ = predicting(models("embed"), files, part_rows=2)
    assert len(answers) == 1 and rejected == [(row, "no column 'text'") for row in (1, 2, 3)]


def test_patterns(predicting, models, monkeypatch):
    predicting.write({"a-1.txt": "one", "a-2.txt": "two", "b.txt": "no", "a-[3].txt": "three", "a-4.txt/c.txt": "no"})
    monkeypatch.chdir(predicting.folder)
    answers, _, _ = predicting(models("embed"), ["a-*.txt"])
    assert [(row["file"], row["input"]["text"]) for row in answers] == [
        ("a-1.txt", "one"),
        ("a-2.txt", "two"),
        ("a-[3].txt", "three"),
    ]


def test_a_format_that_endings_do_not_tell(predicting, models):
    answers, _, _ = predicting(models("embed"), {"part-0001": [{"text": "a"}]}, file_format="jsonl")
    assert answers[0]["output"] == {"embedding": [1.0, 1.0]}


def test_empty_files(predicting, models):
    answers, rejected, summary = predicting(models("embed"), {"a.txt": "", "b.txt": "x\n", "c.jsonl": ""})
    assert [(answer["row"], answer["input"]) for answer in answers] == [(1, {"text": "x"})]
    assert rejected == [] and [file["rows"] for file in summary["files"]] == [0, 1, 0]
