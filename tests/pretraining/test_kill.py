"""`rembert pretrain` as a process of its own, killed by the system at any moment, ends as if it had not been."""

import random
import sys

import pytest

from tests.training.killed_runs import assert_same_run, kill_when, newest_state, run_whole

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
    finished = run_whole([*command, whole])

    moments = sorted(random.Random().sample(range(1, STEPS - 20), 2))
    print("killed at", moments)
    for number, moment in enumerate(moments):
        resume = ["--resume"] if number else []
        log = tmp_path / f"log-{number}"
        kill_when([*command, run, *resume], log, lambda moment=moment: newest_state(run) >= moment)
        assert not (run / "result.json").exists()

    assert run_whole([*command, run, "--resume"]) == finished
    assert_same_run(run, whole, ("best", "last"), f"killed at {moments}")
