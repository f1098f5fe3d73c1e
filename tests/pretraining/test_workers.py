"""Two workers pre-train as one process does; killed and started again, they end as if nothing had happened."""

import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest

from rembert_tf import RemBertForMaskedLM
from tests.training.workers import PATIENCE, Workers

BOUNDED = 120  # seconds until a worker notices that another is gone
STEPS = 24

pytestmark = pytest.mark.slow


@pytest.fixture
def command(corpus, text_config, tmp_path):
    """The arguments of a pre-training; its batches of 5 rows do not divide by two."""

    def arguments(output, *more, dropout=0.0):
        folder = tmp_path / f"config-{dropout}"
        text_config.replace(hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout).save_pretrained(folder)
        return [
            *(sys.executable, "-m", "rembert_tf.cli.main", "pretrain", "--config", folder / "config.json"),
            *(
                "--data",
                corpus,
                "--max-steps",
                STEPS,
                "--batch-size",
                5,
                "--learning-rate",
                0.003,
                "--evaluate-rows",
                4,
            ),
            *("--evaluate-every", 8, "--save-every", 4, "--json", "--output", output, *more),
        ]

    return arguments


def weights(run):
    return {
        part: [np.asarray(weight) for weight in RemBertForMaskedLM.from_pretrained(run / part).weights]
        for part in ("best", "last")
    }


def rows(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_two_workers_equal_one_process(command, tmp_path):
    run, one = tmp_path / "run", tmp_path / "one"
    with Workers(command(run, "--strategy", "multi_worker"), tmp_path / "logs") as workers:
        assert workers.wait() == [0, 0], workers.said()
        (printed, _), (silent, _) = workers.printed(0), workers.printed(1)
    environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    done = subprocess.run(
        list(map(str, command(one))), env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert silent == ""
    found, expected = json.loads(printed), json.loads(done.stdout)
    assert found["step"] == expected["step"] and found["perplexity"] == pytest.approx(expected["perplexity"], rel=1e-4)
    for ours, theirs in zip(rows(run), rows(one), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-5)
    theirs = weights(one)
    for part, ours in weights(run).items():
        for our, their in zip(ours, theirs[part], strict=True):
            np.testing.assert_allclose(our, their, rtol=0, atol=2e-6)


def test_killed_and_started_again_they_end_with_the_same_files(command, tmp_path):
    """Bit for bit, with dropout."""
    run, whole = tmp_path / "run", tmp_path / "whole"
    with Workers(command(whole, dropout=0.1), tmp_path / "whole-logs") as workers:
        assert workers.wait() == [0, 0], workers.said()
    victim = random.Random().randrange(2)
    print("killed worker", victim)
    with Workers(command(run, dropout=0.1), tmp_path / "killed-logs") as workers:
        workers.until(lambda: any(run.glob("state-*[1-9]")))
        workers.kill(victim)
        assert workers.wait(1 - victim, patience=BOUNDED) == [2], workers.said()
    assert not (run / "result.json").exists(), "the run ended before it could be killed"
    with Workers(command(run, "--resume", dropout=0.1), tmp_path / "resumed-logs") as workers:
        assert workers.wait() == [0, 0], workers.said()
    assert rows(run) == rows(whole)
    theirs = weights(whole)
    for part, ours in weights(run).items():
        for our, their in zip(ours, theirs[part], strict=True):
            np.testing.assert_array_equal(our, their)
