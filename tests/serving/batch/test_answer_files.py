"""Answers as Parquet and as TFRecord: columns and features of the same names, of the types that the outputs have."""

import collections
import json

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.serving.batch.record_answers import record_file
from rembert_tf.serving.batch.signature import BatchSignature
from tests.serving.batch.stopped_commands import ROWS, SETTINGS, paths_of

MASKS = {"a.jsonl": [{"text": "[MASK] and [MASK]", "key": 7}, {"text": "none", "key": "ü"}, {"text": 5, "key": 3}]}
STRING, LONG, FLOAT = (tf.io.FixedLenFeature([], dtype) for dtype in (tf.string, tf.int64, tf.float32))


def parsed(paths, features):
    """Returns the rows of TFRecord files as TensorFlow reads them."""
    return [tf.io.parse_single_example(record, features) for record in tf.data.TFRecordDataset(paths)]


def test_answers_as_parquet(predicting, models, tmp_path):
    rows = [{"text": "one two", "n": 1}, {"text": "", "n": 2}, {"text": 5, "n": 3}]
    options = {"output_format": "parquet", "id_column": "n", "part_rows": 2}
    _, rejected, summary = predicting(models("entities"), {"a.jsonl": rows}, **options)
    [path] = summary["outputs"]
    table = pyarrow.parquet.read_table(path)
    names = ["end", "entity", "num_entities", "score", "start"]
    assert table.column_names == ["file", "row", "id", "input", *(f"output.{name}" for name in names)]
    assert table["output.entity"].to_pylist() == [["W3", "W3"], []]
    assert table["output.start"].to_pylist() == [[0, 4], []]
    np.testing.assert_allclose(table["output.score"].to_pylist()[0], [0.3, 0.3], rtol=1e-6)
    assert table["id"].to_pylist() == ["1", "2"] and json.loads(table["input"][0].as_py()) == {"text": "one two"}
    assert rejected == [(3, "column 'text' holds a number instead of text")]


def test_answers_as_records(predicting, models):
    _, rejected, summary = predicting(models("fill_mask"), MASKS, output_format="tfrecord", id_column="key")
    [path] = summary["outputs"]
    assert path.endswith("rows-00000-00000.tfrecord") and rejected[0][0] == 3

    def nested(name, dtype):
        key = f"output.{name}"
        return tf.io.RaggedFeature(dtype, key, [tf.io.RaggedFeature.RowLengths(f"{key}.row_lengths.1")], tf.int64)

    kinds = {"file": STRING, "row": LONG, "id": STRING, "input": STRING, "output.num_masks": LONG}
    first, second = parsed([path], {**kinds, "token": nested("token", tf.string), "score": nested("score", tf.float32)})
    assert first["token"].to_list() == [[b"yes", b"no"]] * 2 and first["score"].to_list() == [[0.75, 0.25]] * 2
    assert second["token"].to_list() == [] and second["score"].to_list() == []
    assert [int(row["output.num_masks"]) for row in (first, second)] == [2, 0]
    assert [int(row["row"]) for row in (first, second)] == [1, 2]
    assert [row["id"].numpy().decode() for row in (first, second)] == ["7", "ü"]
    assert json.loads(first["input"].numpy()) == {"text": MASKS["a.jsonl"][0]["text"]}
    assert first["file"].numpy().decode() == str(predicting.folder / "a.jsonl")


def test_types_of_records(predicting, models):
    texts = {"a.txt": "one two\n\n"}
    _, _, summary = predicting(models("entities"), texts, output_format="tfrecord")
    examples = [
        tf.train.Example.FromString(record)
        for record in tf.data.TFRecordDataset(summary["outputs"]).as_numpy_iterator()
    ]
    kinds = [{name: value.WhichOneof("kind") for name, value in each.features.feature.items()} for each in examples]
    assert kinds[0] == kinds[1]  # an empty list says of which type it is
    assert kinds[0] == {
        "file": "bytes_list",
        "row": "int64_list",
        "input": "bytes_list",
        "output.entity": "bytes_list",
        "output.start": "int64_list",
        "output.end": "int64_list",
        "output.score": "float_list",
        "output.num_entities": "int64_list",
    }
    assert list(examples[0].features.feature["output.start"].int64_list.value) == [0, 4]


def test_lists_of_any_depth_come_back(tmp_path):
    deep = np.arange(12).reshape(2, 3, 2).tolist()
    outputs = {"deep": ("int32", 4), "yes": ("bool", 2), "raw_bytes": ("string", 1), "half": ("float16", 1)}
    output = {"deep": deep, "yes": [True, False], "raw_bytes": {"b64": "/wA="}, "half": 0.5}
    answer = {"file": "a\udcff", "row": 1, "input": {}, "output": output}
    (tmp_path / "r").write_bytes(record_file([answer], BatchSignature("s", {}, outputs, False), False))
    levels = [tf.io.RaggedFeature.RowLengths(f"output.deep.row_lengths.{level}") for level in (1, 2)]
    features = {
        "deep": tf.io.RaggedFeature(tf.int64, "output.deep", levels, tf.int64),
        "output.yes": tf.io.FixedLenFeature([2], tf.int64),
        "output.raw_bytes": STRING,
        "output.half": FLOAT,
        "file": STRING,
    }
    [row] = parsed([str(tmp_path / "r")], features)
    assert row["deep"].to_list() == deep and row["output.yes"].numpy().tolist() == [1, 0]
    assert (row["output.raw_bytes"].numpy(), float(row["output.half"])) == (b"\xff\x00", 0.5)
    assert row["file"].numpy() == b"a?"


@pytest.mark.parametrize("stopped", [{"output_format": name} for name in ("parquet", "tfrecord")], indirect=True)
@pytest.mark.parametrize("damage", ["none", "cut short"])
def test_the_rest_is_done_by_the_same_command(damage, stopped, models):
    [first, *_] = found = sorted(stopped.prefix.parent.glob("rows-*"))
    assert len(found) == 4
    if damage != "none":
        first.write_bytes(first.read_bytes()[:-9])
    kind = first.suffix[1:]
    (stopped.prefix.parent / f"rows-00000-00009.{kind}.{'0a' * 16}.partial").write_bytes(b"half")
    _, _, summary = stopped(models("embed"), paths_of(stopped), **SETTINGS, output_format=kind)
    if kind == "parquet":
        found = [row for path in summary["outputs"] for row in pyarrow.parquet.read_table(path).to_pylist()]
    else:
        rows = parsed(summary["outputs"], {"file": STRING, "row": LONG})
        found = [{"file": row["file"].numpy().decode(), "row": int(row["row"])} for row in rows]
    places = collections.Counter((row["file"][-5:], row["row"]) for row in found)
    assert places == dict.fromkeys([*(("a.txt", row) for row in range(1, ROWS + 1)), ("jsonl", 1), ("jsonl", 3)], 1)
    assert summary["done_before"] > 0 and not list(stopped.prefix.parent.glob("*.partial"))


@pytest.mark.parametrize("output_format", ["parquet", "tfrecord"])
def test_an_output_of_unknown_shape(output_format, predicting, models, monkeypatch):
    from rembert_tf.serving.batch import signature

    monkeypatch.setattr(
        signature, "read_signature", lambda *_: BatchSignature("s", {"text": 1}, {"x": ("float32", None)}, False)
    )
    with pytest.raises(InputError, match=f"does not tell the shape of 'x': write jsonl instead of {output_format}"):
        predicting(models("embed"), {"a.txt": "a"}, output_format=output_format)
