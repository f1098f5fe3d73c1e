"""A run whose model says the same whatever it reads is told, and begins anew where that is wanted."""

import collections
import dataclasses

import numpy as np
import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.language_modeling.masked_lm_task import MaskedLmTask
from tests.tasks.finetune_task.scripted_runs import SHORT, Killed, Scripted, read_json, weights


@pytest.mark.usefixtures("untraced")
def test_a_collapsed_run_begins_anew_with_another_seed(train, tmp_path):
    settings = dataclasses.replace(SHORT, restarts=2)
    result = train(Scripted("ccc", "cac", "acc"), tmp_path / "run", settings)
    assert (result["seed"], result["accuracy"]) == (1000, pytest.approx(1 / 3))  # of "animal, colour, colour"
    assert {path.name for path in tmp_path.iterdir()} == {"run", "run-collapsed-0"}
    assert [read_json(tmp_path / name / "run.json")["seed"] for name in ("run-collapsed-0", "run")] == [0, 1000]
    # That it has several answers is enough; and a run of another beginning is not mixed up with this one's remains.
    with pytest.raises(InputError, match="run-collapsed-0' is left of an earlier run"):
        (tmp_path / "run").rename(tmp_path / "kept")
        train(Scripted(), tmp_path / "run", settings)


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
def test_a_restart_goes_on_after_a_kill(train, tmp_path):
    settings = dataclasses.replace(SHORT, restarts=1, save_every=1)
    whole = train(Scripted("ccc", "acc"), tmp_path / "whole", settings)
    seeds = collections.Counter()

    def second_attempt(step, total, note):
        seeds[note.split()[0]] += 1
        if seeds["loss"] == 3:  # the first step of the second attempt: an epoch has two
            raise Killed

    with pytest.raises(Killed):
        train(Scripted("ccc"), tmp_path / "run", settings, report=second_attempt)
    resumed = train(Scripted("acc", "acc"), tmp_path / "run", settings, resume=True)
    assert resumed == whole
    assert resumed["seed"] == 1000
    for ours, theirs in zip(weights(tmp_path / "run/last"), weights(tmp_path / "whole/last"), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    ("script", "dev", "restarted"),
    [("aaa", "animals.csv", False), ("ccc", "animals.csv", True), ("cca", "animals.csv", False)],
)
def test_only_wrong_monotony_is_a_collapse(train, tmp_path, script, dev, restarted):
    # All right because all are animals; never right; two answers. A second attempt answers well.
    train(Scripted(script, "aaa"), tmp_path / "run", dataclasses.replace(SHORT, restarts=1), dev)
    assert (tmp_path / "run-collapsed-0").exists() == restarted


@pytest.mark.usefixtures("untraced")
def test_a_collapse_without_restarts_is_told(train, tmp_path):
    assert train(Scripted("ccc"), tmp_path / "run", SHORT)["collapsed"] is True
    assert "collapsed" not in train(Scripted("acc"), tmp_path / "other", SHORT)


class NeverRight(MaskedLmTask):
    def score(self, examples, predictions):
        return {**super().score(examples, predictions), "accuracy": 0.0}


@pytest.mark.usefixtures("untraced")
def test_a_language_model_that_guesses_nothing_right_has_not_collapsed(train, tmp_path):
    result = train(NeverRight(), tmp_path / "run", dataclasses.replace(SHORT, restarts=1), "text.txt", "text.txt")
    assert (result["accuracy"], result["seed"]) == (0.0, 0)
    assert not (tmp_path / "run-collapsed-0").exists()
