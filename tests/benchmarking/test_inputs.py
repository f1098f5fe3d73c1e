"""What all candidates read: batches, texts, a vocabulary; and what is known of the machine."""

import json
import lzma
import os
import sys

import numpy as np
import pytest

from rembert_tf.benchmarking import machine
from rembert_tf.benchmarking.inputs import growth_rows, write_batches, write_inputs
from rembert_tf.benchmarking.peer import peer_versions
from rembert_tf.benchmarking.settings import SIZES, BenchSettings
from rembert_tf.benchmarking.texts import made_up_texts, read_texts
from rembert_tf.errors import InputError


def test_masks_are_as_long_as_the_rows(tmp_path):
    write_batches(tmp_path / "rows.npz", {"a": [3, 1], "b": [2]})
    with np.load(tmp_path / "rows.npz") as file:
        assert file["a/attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
        assert file["b/input_ids"].shape == (1, 2)
        assert ((file["a/input_ids"] > 0) == file["a/attention_mask"]).all()
        assert {array.dtype for array in file.values()} == {np.dtype("int32")}


def test_growth_goes_over_every_batch_and_length():
    rows = growth_rows(SIZES["real"])
    dense = {case: lengths for case, lengths in rows.items() if "mixed" not in case}
    assert len(dense) == 24
    assert dense["64x512"] == [512] * 64 and dense["1x16"] == [16]
    assert rows["mixed 4"][0] == 16 and rows["mixed 4"][-1] == 512


def test_made_up_texts_have_natural_lengths_and_are_always_the_same():
    texts = made_up_texts(500)
    assert texts == made_up_texts(500) != made_up_texts(500, seed=1)
    lengths = [len(text.split()) for text in texts]
    assert min(lengths) >= 1 and max(lengths) > 2 * np.median(lengths)  # so that a padded batch is mostly padding


def test_inputs_bring_a_vocabulary_of_their_own(tmp_path):
    from rembert_tf import RemBertTokenizer

    settings = BenchSettings(parts=("text",), dtypes=("float32",), text_count=20)
    vocabulary, texts = write_inputs(tmp_path, settings, SIZES["tiny"])
    assert json.loads((tmp_path / "texts.json").read_text()) == texts == {"made-up": made_up_texts(20)}
    assert {f"{part}.npz" for part in ("forward", "training", "growth")} <= set(os.listdir(tmp_path))
    tokenizer = RemBertTokenizer.from_pretrained(vocabulary)
    pieces = [len(ids) for ids in tokenizer(texts["made-up"])["input_ids"]]
    assert 10 < np.mean(pieces) < 40
    assert 1.5 < max(pieces) / np.mean(pieces) < 6


def test_files_are_read_line_by_line(tmp_path):
    (tmp_path / "a.txt").write_text("one\n\n  two  \nthree\n")
    with lzma.open(tmp_path / "b.txt.xz", "wt", encoding="utf-8") as file:
        file.write("größer\n")
    assert read_texts([tmp_path / "a.txt", tmp_path / "b.txt.xz"], 2) == {"a": ["one", "two"], "b": ["größer"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no file"), (b"\n \n", "holds no text"), (b"\xff\xfe\x00", "no UTF-8 text")],
)
def test_files_that_cannot_be_used_are_named(tmp_path, content, message):
    path = tmp_path / "mine.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        read_texts([path], 5)
    assert "mine.txt" in str(error.value)


def test_two_files_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text("text\n")
    with pytest.raises(InputError, match="two files called 'x'"):
        read_texts([tmp_path / "a/x.txt", tmp_path / "b/x.txt"], 5)


def test_machine_and_load():
    described = machine.describe(threads=1)
    assert described["threads"] == 1 and described["cores"] == os.cpu_count()
    assert "tensorflow" in described["versions"]
    load = machine.Load()
    found = load.finish()
    assert found["load_before"] == round(load.before, 2)
    assert found["others"] is None or found["others"] >= 0


@pytest.mark.parametrize(("before", "quiet"), [(0.0, True), (0.51, False)])
def test_a_load_of_half_the_cores_is_not_quiet(monkeypatch, before, quiet):
    monkeypatch.setattr(machine.os, "getloadavg", lambda: (before * os.cpu_count(), 0, 0))
    monkeypatch.setattr(machine, "busy_seconds", lambda: None)
    assert machine.Load().finish()["quiet"] is quiet


def interpreter(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for an interpreter")
def test_a_peer_without_torch_is_refused(tmp_path):
    python = interpreter(tmp_path / "python", "echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1")
    with pytest.raises(InputError, match="No module named 'torch'.*pip install torch transformers"):
        peer_versions(python)
    with pytest.raises(InputError, match="cannot be run"):
        peer_versions(str(tmp_path / "none"))
    found = interpreter(tmp_path / "good", 'echo a warning; echo \'{"torch": "2.13.0"}\'')
    assert peer_versions(found) == {"torch": "2.13.0"}
