"""Two workers train as one process does; a lost one stops the other, and both go on as if nothing had happened."""

import json
import os
import random
import re
import subprocess
import sys

import numpy as np
import pytest

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.training.worker_meeting import LIMIT
from tests.training.workers import PATIENCE, Workers

WORDS = {"animal": ["cat", "dog", "cow", "fox", "bear"], "colour": ["red", "blue", "green", "white", "pink"]}
LONG = 400  # epochs of a run that will be killed: it must not end before
BOUNDED = 120  # seconds until a worker notices that another is gone; about 3 where nothing else runs

pytestmark = pytest.mark.slow


@pytest.fixture
def command(tmp_path, text_config, small_vocabulary):
    """Returns the arguments of a training with dropout; its batches of 5 rows leave one row at an epoch's end."""
    rows = [f"a {word} {count},{label}" for count in range(4) for label, words in WORDS.items() for word in words]
    rows.append("a cat,animal")
    for name, chosen in (("train.csv", rows), ("dev.csv", rows[::3])):
        (tmp_path / name).write_text("\n".join(["text,label", *chosen]) + "\n")

    def arguments(output, *more, dropout=0.0, epochs=2):
        folder = tmp_path / f"config-{dropout}"
        config = text_config.replace(hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)
        config.save_pretrained(folder)
        return [
            *(sys.executable, "-m", "rembert_tf.cli.main", "finetune", "csv"),
            *("--config", folder / "config.json", "--sentencepiece", small_vocabulary),
            *("--train", tmp_path / "train.csv", "--dev", tmp_path / "dev.csv", "--epochs", epochs),
            *("--batch-size", "5", "--max-length", "16", "--learning-rate", "0.003", "--save-every", "7", "--json"),
            *("--output", output, *more),
        ]

    return arguments


def weights(directory):
    return [np.asarray(weight) for weight in RemBertForSequenceClassification.from_pretrained(directory).weights]


def rows(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def alone(command):
    environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    command = list(map(str, command))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_two_workers_equal_one_process(command, tmp_path):
    run, one = tmp_path / "run", tmp_path / "one"
    with Workers(command(run, "--strategy", "multi_worker"), tmp_path / "logs") as workers:
        assert workers.wait() == [0, 0], workers.said()
        (printed, _), (silent, messages) = workers.printed(0), workers.printed(1)
    expected = alone(command(one))
    assert {**json.loads(printed), "model": None} == pytest.approx({**expected, "model": None}, abs=1e-6)
    assert silent == "" and "training" not in messages and "pictures" not in messages
    for ours, theirs in zip(rows(run), rows(one), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)
    for part in ("best", "last"):
        for ours, theirs in zip(weights(run / part), weights(one / part), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    names = [{str(path.relative_to(folder)) for path in folder.rglob("*")} for folder in (run, one)]
    logs = [{name for name in each if "tfevents" in name} for each in names]  # their names hold the time
    assert names[0] - logs[0] == names[1] - logs[1] and len(logs[0]) == len(logs[1])


def test_a_lost_worker_stops_the_other_and_both_go_on(command, tmp_path):
    """Bit for bit, with dropout."""
    run, whole = tmp_path / "run", tmp_path / "whole"
    settings = {"dropout": 0.2, "epochs": LONG}
    more = ("--max-steps", "60")
    with Workers(command(whole, *more, **settings), tmp_path / "whole-logs") as workers:
        assert workers.wait() == [0, 0], workers.said()
    victim = random.Random().randrange(2)
    print("killed worker", victim)
    with Workers(command(run, *more, **settings), tmp_path / "killed-logs") as workers:
        workers.until(lambda: any(run.glob("state-*[1-9]")))
        workers.kill(victim)
        assert workers.wait(1 - victim, patience=BOUNDED) == [2]
        last = workers.printed(1 - victim)[1].splitlines()[-1]
        assert last.startswith("rembert: lost contact to another worker (") and last.endswith("--resume."), last
    assert not (run / "result.json").exists(), "the run ended before it could be killed"
    with Workers(command(run, *more, "--resume", **settings), tmp_path / "resumed-logs") as workers:
        assert workers.wait() == [0, 0], workers.said()
    assert rows(run) == rows(whole)
    for part in ("best", "last"):
        for ours, theirs in zip(weights(run / part), weights(whole / part), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_partner_that_never_comes(command, tmp_path, monkeypatch):
    monkeypatch.setenv(LIMIT, "2")
    absent = [sys.executable, "-c", ""]
    for missing, present in ((1, 0), (0, 1)):
        commands = [command(tmp_path / f"run-{missing}")] * 2
        commands[missing] = absent
        with Workers(commands, tmp_path / f"logs-{missing}") as workers:
            assert workers.wait(present) == [2], workers.said()
            out, errors = workers.printed(present)
        assert out == "" and not (tmp_path / f"run-{missing}").exists()
        assert re.match(rf"rembert: waited 2 s in vain for worker {missing} at 127.0.0.1:\d+: start", errors), errors


def test_what_the_chief_refuses_ends_all(command, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/diary.txt").write_text("mine")
    with Workers(command(tmp_path / "full"), tmp_path / "logs") as workers:
        assert workers.wait() == [2, 2], workers.said()
        for index in range(2):
            assert "is not empty: choose another" in workers.printed(index)[1].splitlines()[-1]
