"""Real processes, killed: the command itself, and one of several workers."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.pipelines.beam_workers import beam_workers
from tests.serving.batch.stopped_commands import FILES, ROWS, paths_of


def begin(model, predicting, *flags):
    words = ["predict-batch", str(model), "--input", *paths_of(predicting), "--output", str(predicting.prefix)]
    words += ["--part-rows", "1", *flags]
    command = [sys.executable, "-m", "rembert_tf.cli.main", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def wait_for_parts(process, predicting, count):
    records = predicting.prefix.parent / "rows.in-progress"
    while process.poll() is None and len(list(records.glob("part-*.json")) if records.is_dir() else ()) < count:
        time.sleep(0.005)


def summary_of(predicting):
    return json.loads((predicting.prefix.parent / "rows.summary.json").read_text())


def check_complete(predicting, text_rows=ROWS):
    rows = [(answer["file"][-5:], answer["row"]) for answer in predicting.answers()]
    expected = [("a.txt", row) for row in range(1, text_rows + 1)] + [("jsonl", 1), ("jsonl", 3)]
    assert rows == expected and predicting.rejected() == [(2, "no column 'text'")]


@pytest.mark.slow
def test_after_real_kills(predicting, models):
    predicting.write(FILES)
    for count in (5, 40):
        process = begin(models("embed"), predicting)
        wait_for_parts(process, predicting, count)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    process = begin(models("embed"), predicting)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()
    assert summary_of(predicting)["done_before"] >= 40
    check_complete(predicting)


@pytest.mark.slow
def test_a_killed_worker_of_several(predicting, models):
    """Beam alone would wait for it for ever."""
    rows = 2000  # many parts: it shall not have ended before the kill
    predicting.write({**FILES, "a.txt": "text\n" * rows})
    flags = ["--runner", "DirectRunner", "--direct_running_mode", "multi_processing", "--direct_num_workers", "2"]
    process = begin(models("embed"), predicting, *flags)
    while not (workers := beam_workers(process.pid)) and process.poll() is None:
        time.sleep(0.05)
    wait_for_parts(process, predicting, 3)
    os.kill(workers[0], signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()
    assert summary_of(predicting)["rows"] == rows + 3 and summary_of(predicting)["done_before"] == 0
    check_complete(predicting, rows)
