"""Conversions that cannot be: one sentence, the source untouched, no half-written destination."""

import json
import os
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file

from rembert_tf.checkpoints_tools import convert
from rembert_tf.errors import MissingFileError
from tests.checkpoints_tools import google_checkpoint
from tests.checkpoints_tools.folders import digests
from tests.checkpoints_tools.refusals import refuse
from tests.golden import fixture

GOOGLE = "google_tf1/full_b"


@pytest.fixture
def theirs(tmp_path):
    """A copy of an original checkpoint, to be damaged."""
    variables, content = google_checkpoint.variables_of("full_b"), google_checkpoint.json_of("full_b")
    return google_checkpoint.write(tmp_path / "theirs", variables, content)


def test_a_missing_shard(theirs, tmp_path):
    (theirs / "model.ckpt-5.data-00000-of-00001").unlink()
    refuse(theirs, tmp_path / "ours", "lacks its file .data-00000-of-00001", MissingFileError)


@pytest.mark.parametrize("kept", [0, 1000, -1])
def test_a_truncated_data_file(kept, theirs, tmp_path):
    data = theirs / "model.ckpt-5.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:kept])
    refuse(theirs, tmp_path / "ours", "model.ckpt-5' is damaged or cut short: .* cannot be read")


@pytest.mark.parametrize("content", [b"", b"nonsense" * 50])
def test_a_damaged_index(content, theirs, tmp_path):
    (theirs / "model.ckpt-5.index").write_bytes(content)
    refuse(theirs, tmp_path / "ours", "damaged or cut short", source="google")


def test_flipped_bytes_are_noticed(theirs, tmp_path):
    data = theirs / "model.ckpt-5.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    refuse(theirs, tmp_path / "ours", "damaged or cut short")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "bert_config.json' is not valid JSON"),
        (b"[1]", "holds list, not the JSON object"),
        (b'{"hidden_size": "48"}', "hidden_size must be a positive integer"),
    ],
)
def test_a_damaged_json(content, message, theirs, tmp_path):
    (theirs / "bert_config.json").write_bytes(content)
    refuse(theirs, tmp_path / "ours", message)


def test_a_vocabulary_of_another_size(theirs, tmp_path):
    vocabulary = fixture("tokenizer/models/ctrl_16k/sentencepiece.model")
    refuse(theirs, tmp_path / "ours", "has 16000 pieces, the checkpoint 1000 rows", sentencepiece=vocabulary)
    refuse(theirs, tmp_path / "ours", "no SentencePiece model at", MissingFileError, sentencepiece=tmp_path / "none")
    refuse(theirs, tmp_path / "ours", "SentencePiece", sentencepiece=theirs / "bert_config.json")


def test_no_vocabulary_gives_weights_and_a_warning(theirs, tmp_path):
    report = convert(theirs, tmp_path / "ours")
    assert report.vocabulary is None
    assert report.warnings == [
        "there is no SentencePiece model: the result has weights alone (name one with --sentencepiece)."
    ]
    assert sorted(os.listdir(tmp_path / "ours")) == ["config.json", "model.safetensors"]


def test_special_tokens_beyond_the_table_are_warned_of(theirs, tmp_path):
    vocabulary = fixture("tokenizer/models/oss_1k/sentencepiece.model")
    report = convert(theirs, tmp_path / "ours", sentencepiece=vocabulary)
    assert "[CLS], [SEP]" in report.warnings[0] and "resize_token_embeddings(1004)" in report.warnings[0]


def test_the_destination_must_not_exist(theirs, tmp_path):
    existing = tmp_path / "existing"
    existing.mkdir()
    (existing / "diary.txt").write_text("dear diary")
    refuse(theirs, existing, "exists already")
    refuse(theirs, existing, "is no checkpoint: --overwrite replaces nothing else", overwrite=True)
    assert (existing / "diary.txt").read_text() == "dear diary"


def test_overwriting_replaces_a_checkpoint_whole(theirs, tmp_path):
    convert(fixture("hf/models/causal_lm"), tmp_path / "ours")
    refuse(theirs, tmp_path / "ours", "exists already")
    convert(theirs, tmp_path / "ours", overwrite=True)
    assert sorted(os.listdir(tmp_path / "ours")) == ["config.json", "model.safetensors"]
    assert sorted(os.listdir(tmp_path)) == ["ours", "theirs"]


def test_a_failure_while_overwriting_keeps_what_was_there(theirs, tmp_path):
    convert(theirs, tmp_path / "ours")
    before = digests(tmp_path / "ours")
    data = theirs / "model.ckpt-5.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-1])
    refuse(theirs, tmp_path / "ours", "damaged or cut short", overwrite=True)
    assert digests(tmp_path / "ours") == before


def test_the_source_is_never_the_destination(theirs, tmp_path):
    refuse(theirs, theirs, "holds the source", overwrite=True)
    refuse(theirs / "model.ckpt-5", theirs, "holds the source", overwrite=True)
    refuse(theirs, tmp_path, "holds the source", overwrite=True)
    refuse(theirs, theirs / "ours", "is within the source")


def test_a_source_that_is_not_there(tmp_path):
    refuse(tmp_path / "none", tmp_path / "ours", "there is no checkpoint at", MissingFileError)
    for source in ("google", "hf", "bleurt", "garden", "bert"):
        refuse(tmp_path / "none", tmp_path / "ours", "there is no", MissingFileError, source=source)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"source": "googel"}, "source must be one of hf, bleurt, garden, google, bert, not 'googel'"),
        ({"target": "onnx"}, "target must be one of hf, google, garden, not 'onnx'"),
        ({"dtype": "int8"}, "dtype must be one of float32, float16, bfloat16"),
        ({"hidden_act": "relu"}, "hidden_act must be 'gelu' .erf. or 'gelu_new' .tanh., not 'relu'"),
        ({"target": "google", "dtype": "bfloat16"}, "dtype is for the target 'hf'"),
        ({"max_shard_size": "many"}, "max_shard_size must be a number of bytes"),
    ],
)
def test_unusable_arguments(settings, message, theirs, tmp_path):
    refuse(theirs, tmp_path / "ours", message, **settings)


def test_a_disk_without_room_is_told_before_anything_is_written(theirs, tmp_path, monkeypatch):
    usage = os.statvfs(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type(usage)((0,) * 10) and _Usage())
    refuse(theirs, tmp_path / "ours", "needs 0.00 GB, and its disk has 0.00 GB left")


class _Usage:
    free = 1000


# Run where no file may become larger than 100 kB: what a disk that fills up looks like to a program.
FULL_DISK = """
import resource, signal, sys
from rembert_tf.cli.main import run
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
sys.exit(run(["convert", *sys.argv[1:]]))
"""


@pytest.mark.parametrize("target", ["hf", "google"])
def test_a_disk_that_fills_up(target, theirs, tmp_path):
    before = digests(theirs)
    command = [sys.executable, "-c", FULL_DISK, theirs, tmp_path / "ours", "--to", target]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "cannot write" in done.stderr and "File too large" in done.stderr
    assert digests(theirs) == before
    assert sorted(os.listdir(tmp_path)) == ["theirs"]


def test_an_interruption_leaves_nothing(theirs, tmp_path):
    def interrupt(done, total, note):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(theirs, tmp_path / "ours", report=interrupt)
    assert sorted(os.listdir(tmp_path)) == ["theirs"]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_numbers_are_rounded_to_the_precision_that_was_asked_for(dtype, theirs, tmp_path):
    report = convert(theirs, tmp_path / "ours", dtype=dtype, verify=True)
    assert report.passed and json.loads((tmp_path / "ours/config.json").read_text())["dtype"] == dtype
    found = load_file(tmp_path / "ours/model.safetensors")
    name = "rembert.encoder.layer.0.intermediate.dense.weight"
    kernel = google_checkpoint.variables_of("full_b")["bert/encoder/layer_0/intermediate/dense/kernel"]
    precision = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}[dtype]
    assert found[name].dtype == precision
    np.testing.assert_array_equal(found[name], kernel.T.astype(precision))


def test_a_number_too_large_for_float16(tmp_path):
    variables = google_checkpoint.variables_of("full_b")
    variables["bert/pooler/dense/bias"][0] = 1e6
    theirs = google_checkpoint.write(tmp_path / "theirs", variables, google_checkpoint.json_of("full_b"))
    refuse(theirs, tmp_path / "ours", "pooler.dense.bias holds 1e.06, which is too large for float16", dtype="float16")


def test_progress_reaches_the_end(theirs, tmp_path):
    seen = []
    report = convert(theirs, tmp_path / "ours", report=lambda done, total, note: seen.append((done, total)))
    assert seen[-1] == (report.parameters, report.parameters)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
