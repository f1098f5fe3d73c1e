"""A pre-training that was killed at any step and went on ends as one that was not, bit for bit."""

import dataclasses
import json
import random
import shutil

import pytest

from rembert_tf.errors import InputError
from rembert_tf.training import state
from tests.pretraining.small_corpus import SETTINGS, run
from tests.training.killed_runs import files


class Killed(Exception):
    """Stands for the moment a process is killed: nothing after it is written."""


def killing(step):
    """Returns a report that ends a training in the middle."""

    def report(done, total, note):
        if done == step and note.startswith("loss"):
            raise Killed

    return report


def test_killed_twice_it_ends_with_the_same_files(corpus, config, trained, tmp_path):
    whole, result = trained
    somewhere = random.Random().randrange(6, SETTINGS.max_steps)
    print("killed at", somewhere)
    for step, resume in ((2, False), (somewhere, True)):  # before the first state is there, and after some
        with pytest.raises(Killed):
            run(corpus, tmp_path / "killed", config, report=killing(step), resume=resume)
        assert not (tmp_path / "killed/result.json").exists()
    assert len(state.states(tmp_path / "killed")) == 1
    assert run(corpus, tmp_path / "killed", config, resume=True) == result
    for part in ("best", "last"):
        assert files(tmp_path / "killed" / part) == files(whole / part)
    rows = [(folder / "metrics.jsonl").read_text() for folder in (whole, tmp_path / "killed")]
    assert rows[0] == rows[1]
    assert run(corpus, tmp_path / "killed", config, resume=True) == result  # it has ended


def test_a_shard_that_is_lost_in_the_middle_is_named_and_the_state_stays(corpus, config, tmp_path):
    copy = shutil.copytree(corpus, tmp_path / "corpus")

    def lose(step, total, note):
        if step == 5:
            shutil.rmtree(copy / "train", ignore_errors=True)

    settings = dataclasses.replace(SETTINGS, max_steps=200, evaluate_every=200)
    with pytest.raises(InputError, match="cannot read '.*tfrecord': No such file"):
        run(copy, tmp_path / "run", config, settings, report=lose)
    assert state.states(tmp_path / "run")


def test_another_run_is_not_resumed(corpus, config, tmp_path, monkeypatch):
    def killed(*arguments):
        raise Killed

    monkeypatch.setattr("rembert_tf.pretraining.pretrain.finetune", killed)
    with pytest.raises(Killed):
        run(corpus, tmp_path / "run", config)
    for change, message in (
        ({"sampling_exponent": 1.0}, "another run: sampling_exponent was 0.5 and is 1.0"),
        ({"mask_rate": 0.2}, "another run: mask_rate was 0.15 and is 0.2"),
    ):
        with pytest.raises(InputError, match=message):
            run(corpus, tmp_path / "run", config, dataclasses.replace(SETTINGS, **change), resume=True)
    with pytest.raises(InputError, match="another run: config was"):
        run(corpus, tmp_path / "run", config.replace(num_hidden_layers=3), resume=True)
    asked = json.loads((tmp_path / "run/run.json").read_text())
    asked["corpus_rows"]["train"]["de"] += 1
    (tmp_path / "run/run.json").write_text(json.dumps(asked))
    with pytest.raises(InputError, match="another run: corpus_rows was"):
        run(corpus, tmp_path / "run", config, resume=True)
