"""`rembert pretrain` as a process of its own, killed by the system at any moment, ends as if it had not been."""

import json
import random
import subprocess
import sys

import pytest

from tests.training.killed_runs import PATIENCE, files, kill_when, newest_state

STEPS = 60

pytestmark = pytest.mark.slow


@pytest.fixture
def command(corpus, config, tmp_path):
    """The arguments of a pre-training, without its output folder."""
    config.save_pretrained(tmp_path)
    return [
        *(sys.executable, "-m", "rembert_tf.cli.main", "pretrain", "--config", str(tmp_path / "config.json")),
        *("--data", str(corpus), "--max-steps", str(STEPS), "--batch-size", "4", "--learning-rate", "0.003"),
        *("--evaluate-every", "20", "--save-every", "7", "--json", "--output"),
    ]


def test_killed_at_any_moment_it_ends_with_the_same_files(command, tmp_path):
    run, whole = tmp_path / "run", tmp_path / "whole"
    finished = subprocess.run([*command, whole], capture_output=True, text=True, timeout=PATIENCE)
    assert finished.returncode == 0, finished.stderr

    moments = sorted(random.Random().sample(range(1, STEPS - 20), 2))
    print("killed at", moments)
    for number, moment in enumerate(moments):
        resume = ["--resume"] if number else []
        log = tmp_path / f"log-{number}"
        kill_when([*command, run, *resume], log, lambda moment=moment: newest_state(run) >= moment)
        assert not (run / "result.json").exists()

    resumed = subprocess.run([*command, run, "--resume"], capture_output=True, text=True, timeout=PATIENCE)
    assert resumed.returncode == 0, resumed.stderr
    results = [{**json.loads(process.stdout), "model": None} for process in (finished, resumed)]
    assert results[0] == results[1]
    assert (run / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()
    for part in ("best", "last"):
        assert files(run / part) == files(whole / part), f"{part}, killed at {moments}"
    assert {path.name for path in run.iterdir()} == {path.name for path in whole.iterdir()}
