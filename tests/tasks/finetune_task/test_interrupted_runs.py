"""A run that is killed, or whose numbers are no longer numbers, keeps what was good and can go on."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.start import from_nothing
from rembert_tf.training.run_folder import RunFolder
from tests.tasks.finetune_task.scripted_runs import SETTINGS, Killed, Scripted, read_json, rows_of, weights


@pytest.fixture
def start(text_config, small_vocabulary):
    """Starts from nothing, and keeps the models it made in `start.models`."""
    from_new_weights = from_nothing(text_config.replace(num_hidden_layers=1), small_vocabulary)

    def start(*arguments):
        model, tokenizer = from_new_weights(*arguments)
        start.models.append(model)
        return model, tokenizer

    start.models = []
    return start


def kill_at(step):
    def report(done, total, note):
        if done == step and note.startswith("loss"):
            raise Killed

    return report


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
def test_what_stays_in_dev_is_the_best_epochs_even_after_a_kill(train, tmp_path):
    task = Scripted("acc", "cca", "acc")  # all right; two wrong, after the kill; the best checkpoint, read again
    settings = dataclasses.replace(SETTINGS, save_every=1)
    with pytest.raises(Killed):
        train(task, tmp_path / "run", settings, report=kill_at(4))
    result = train(task, tmp_path / "run", settings, resume=True)
    assert (result["epoch"], result["accuracy"]) == (1, 1.0)
    assert read_json(tmp_path / "run/dev/scores.json")["scores"]["accuracy"] == 1.0
    for asked, best in zip(task._models[-1].weights, weights(tmp_path / "run/best"), strict=True):
        np.testing.assert_array_equal(asked.numpy(), best)


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
def test_a_kill_after_the_last_word_was_written_does_no_harm(train, tmp_path, monkeypatch):
    def killed(run, result):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(RunFolder, "write_result", killed)
        train(Scripted("acc"), tmp_path / "run")
    result = train(Scripted("acc", "acc"), tmp_path / "run", resume=True)
    assert (result["accuracy"], result["epoch"]) == (1.0, 1)


@pytest.mark.usefixtures("untraced")
def test_a_loss_that_is_no_number_ends_the_run_and_spares_what_was_good(train, start, tmp_path):
    def poison(step, total, note):
        if step == 3 and note.startswith("loss"):  # the first of the second epoch
            variable = start.models[0].trainable_variables[-1]
            variable.assign(tf.fill(variable.shape, np.nan))

    with pytest.raises(InputError, match="the loss is nan at step 4: training stopped; try a lower learning rate"):
        train(CsvTask(), tmp_path / "run", SETTINGS, start=start, report=poison)
    assert all(np.isfinite(weight).all() for weight in weights(tmp_path / "run/best"))
    assert [row["epoch"] for row in rows_of(tmp_path / "run") if "epoch" in row] == [1]
    resumed = train(CsvTask(), tmp_path / "run", SETTINGS, start=start, resume=True)
    assert resumed["epoch"] in (1, 2)
    assert rows_of(tmp_path / "run")[-1]["step"] == 4


@pytest.mark.usefixtures("untraced")
def test_weights_that_the_last_step_spoiled_are_not_saved(train, start, tmp_path):
    def spoil(step, total, note):
        if step == 4 and note.startswith("loss"):  # the last of the second epoch, whose own loss was a number
            start.models[0].trainable_variables[-1].assign(start.models[0].trainable_variables[-1] * np.nan)

    with pytest.raises(InputError, match="the weights are no longer numbers after step 4: training stopped"):
        train(CsvTask(), tmp_path / "run", SETTINGS, start=start, report=spoil)
    assert [path.name for path in (tmp_path / "run").glob("state-*")] == ["state-000000002"]
    assert all(np.isfinite(weight).all() for weight in weights(tmp_path / "run/best"))
    assert train(CsvTask(), tmp_path / "run", SETTINGS, start=start, resume=True)["step"] in (2, 4)
