"""A killed command leaves no corpus; the same command makes it anew, and others leave it alone."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.pretraining.corpus import shards
from rembert_tf.pretraining.corpus.prepare import prepare_corpus
from rembert_tf.pretraining.corpus.settings import CorpusSettings
from rembert_tf.pretraining.corpus.work_folder import WorkFolder
from rembert_tf.pretraining.corpus_folder import read_manifest

TEXT = "\n\n".join(f"Sentence {number} is about {number * 7} things." for number in range(200))
SETTINGS = CorpusSettings(max_length=32, shard_rows=20, held_out=0.2)
KILLED = """
import os, signal, sys
from rembert_tf.pretraining.corpus import shards
from rembert_tf.pretraining.corpus.prepare import prepare_corpus
from rembert_tf.pretraining.corpus.settings import CorpusSettings

written, write_records = [], shards.write_records

def killed(path, rows):
    if len(written) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    written.append(path)
    write_records(path, rows)

shards.write_records = killed
text, vocabulary, output = sys.argv[1:]
prepare_corpus([text], vocabulary, output, CorpusSettings(max_length=32, shard_rows=20, held_out=0.2))
"""


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("texts") / "text-en.txt"
    path.write_text(TEXT)
    return str(path)


@pytest.fixture(scope="module")
def whole(text, small_vocabulary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus") / "whole"
    prepare_corpus([text], small_vocabulary, folder, SETTINGS)
    return folder


@pytest.fixture
def leftover(text, small_vocabulary, tmp_path, monkeypatch):
    """A folder as a command leaves it that was killed while it wrote the fourth shard."""
    folder, written, write_records = tmp_path / "corpus", [], shards.write_records

    def failing(path, rows):
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(path)
        write_records(path, rows)

    with monkeypatch.context() as patched:
        patched.setattr(shards, "write_records", failing)
        patched.setattr(WorkFolder, "discard", lambda self: None)
        with pytest.raises(InputError, match=r"cannot write '.+': No space left on device\.$"):
            prepare_corpus([text], small_vocabulary, folder, SETTINGS)
    (folder / "train" / "en" / "en-00004-of-00009.tfrecord.0a1b.partial").write_bytes(b"half")
    return folder


def contents(folder):
    """Returns {path below the folder: bytes}."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_leftover_is_no_corpus(leftover):
    assert len(list(leftover.rglob("*.tfrecord"))) == 3
    with pytest.raises(MissingFileError, match=r"holds no corpus \(no corpus.json\)"):
        read_manifest(leftover)


def test_the_same_command_makes_it_whole(leftover, whole, text, small_vocabulary):
    prepare_corpus([text], small_vocabulary, leftover, SETTINGS)
    assert contents(leftover) == contents(whole)


@pytest.mark.slow
def test_after_a_real_kill(whole, text, small_vocabulary, tmp_path):
    folder = tmp_path / "corpus"
    killed = subprocess.run([sys.executable, "-c", KILLED, text, small_vocabulary, str(folder)], capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert len(list(folder.rglob("*.tfrecord"))) == 3
    prepare_corpus([text], small_vocabulary, folder, SETTINGS)
    assert contents(folder) == contents(whole)


def test_another_command_leaves_it_alone(leftover, text, small_vocabulary):
    before = contents(leftover)
    with pytest.raises(InputError, match="is not empty, and what it holds is not the leftover of this very command"):
        prepare_corpus([text], small_vocabulary, leftover, CorpusSettings(max_length=33, shard_rows=20, held_out=0.2))
    assert contents(leftover) == before


def test_a_corpus_is_never_written_over(whole, text, small_vocabulary):
    before = contents(whole)
    with pytest.raises(InputError, match="holds a corpus already: choose another place"):
        prepare_corpus([text], small_vocabulary, whole, SETTINGS)
    assert contents(whole) == before


def test_other_files_are_left_alone(text, small_vocabulary, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        prepare_corpus([text], small_vocabulary, tmp_path, SETTINGS)
    with pytest.raises(InputError, match="it is a file, not a directory"):
        prepare_corpus([text], small_vocabulary, tmp_path / "thesis.tex", SETTINGS)
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_a_mistake_leaves_no_folder(small_vocabulary, tmp_path):
    (tmp_path / "text-en.txt").write_text("123\n456\n")
    with pytest.raises(InputError, match=r"no line of the files is left for a corpus \(no letters 2\)"):
        prepare_corpus([tmp_path / "text-en.txt"], small_vocabulary, tmp_path / "corpus")
    (tmp_path / "text-en.txt").write_text("")
    with pytest.raises(InputError, match=r"no line of the files is left for a corpus \(they are empty\)"):
        prepare_corpus([tmp_path / "text-en.txt"], small_vocabulary, tmp_path / "corpus")
    assert os.listdir(tmp_path) == ["text-en.txt"]


@pytest.fixture
def copied(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "copy")


def test_a_missing_shard_is_named(copied):
    name = read_manifest(copied)["train"]["en"][1]
    (copied / name).unlink()
    with pytest.raises(MissingFileError, match=f"lacks '{name}'"):
        read_manifest(copied)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged"),
        ("[]", "has format None; this version reads format 1"),
        (json.dumps({"format": 2}), "has format 2; this version reads format 1"),
        (json.dumps({"format": 1, "train": {}}), "lacks max_length, vocab_size, languages, held_out"),
    ],
)
def test_a_damaged_manifest_is_named(content, message, copied):
    (copied / "corpus.json").write_text(content)
    with pytest.raises(InputError, match=message):
        read_manifest(copied)
