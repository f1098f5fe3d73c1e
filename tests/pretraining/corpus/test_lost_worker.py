"""One of several worker processes is killed: the corpus is the same."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rembert_tf.errors import InputError
from rembert_tf.pipelines import worker_processes
from rembert_tf.pretraining.corpus.prepare import prepare_corpus
from rembert_tf.pretraining.corpus.settings import CorpusSettings
from rembert_tf.pretraining.corpus_folder import read_manifest, shard_paths
from tests.pipelines.beam_workers import beam_workers

PROCESSES = ["--direct_running_mode", "multi_processing", "--direct_num_workers", "2"]
SETTINGS = CorpusSettings(max_length=32, shard_rows=20)
WORDS = ["--max-length", "32", "--shard-rows", "20"]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text-en.txt"
    path.write_text("\n\n".join(f"Sentence {number} is about {number * 7} things." for number in range(1000)))
    return str(path)


@pytest.mark.slow
def test_a_killed_worker_of_several(text, small_vocabulary, tmp_path):
    whole, made = tmp_path / "whole", tmp_path / "made"
    prepare_corpus([text], small_vocabulary, whole, SETTINGS)
    command = ["prepare-corpus", text, "--sentencepiece", small_vocabulary, "--output", str(made), *WORDS]
    command = [sys.executable, "-m", "rembert_tf.cli.main", *command, "--", *PROCESSES]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not (workers := beam_workers(process.pid)) and process.poll() is None:
        time.sleep(0.05)
    while not list(made.glob("train/*/*.tfrecord")) and process.poll() is None:
        time.sleep(0.01)
    os.kill(workers[0], signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()
    assert read_manifest(made) == read_manifest(whole)
    shards = [
        [shard.read_bytes() for shard in map(Path, shard_paths(folder, "train", "en"))] for folder in (made, whole)
    ]
    assert shards[0] == shards[1]


def test_workers_that_die_again_and_again(text, small_vocabulary, tmp_path, monkeypatch):
    monkeypatch.setattr(worker_processes, "_run_once", lambda build, flags: worker_processes.WORKER_LOST)
    with pytest.raises(InputError, match="worker processes died 3 times .* with fewer workers"):
        prepare_corpus([text], small_vocabulary, tmp_path / "corpus", SETTINGS, PROCESSES)
    assert not (tmp_path / "corpus").exists()
