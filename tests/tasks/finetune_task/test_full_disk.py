"""A disk that is full at any file is told in a sentence, and spares the last good checkpoint."""

import builtins
import errno
import io
import resource

import numpy as np
import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.training.run_folder import RunFolder
from tests.tasks.finetune_task.scripted_runs import SETTINGS, Scripted, weights


@pytest.mark.usefixtures("untraced")
def test_a_full_disk_is_told_in_a_sentence_and_the_run_can_go_on(train, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # the table of the vocabulary alone is larger
    try:
        with pytest.raises(InputError, match="cannot save the run's state in .*: File too large"):
            train(CsvTask(), tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in (tmp_path / "run").iterdir() if "partial" in path.name] == []
    assert train(CsvTask(), tmp_path / "run", resume=True)["epoch"] == 1


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("name", ["model.safetensors", "training_curves.png", "report.html", "result.json"])
def test_a_disk_that_is_full_at_any_file_spares_the_last_good_checkpoint(train, tmp_path, monkeypatch, name):
    task, ended = Scripted("aca", "acc", "acc", "acc"), []  # the second epoch is better, and then what is asked again
    opened, kept = open, []

    def full(file, mode="r", *arguments, **more):
        if name in str(file) and set(mode) & set("wax") and ended:
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(file, mode, *arguments, **more)

    def after_an_epoch(step, total, note):
        if note.startswith("dev") and not kept:
            kept.append(weights(tmp_path / "run/best"))
            ended.append(step)

    monkeypatch.setattr(builtins, "open", full)
    monkeypatch.setattr(io, "open", full)
    with pytest.raises(InputError, match="cannot write .*: No space left on device"):
        train(task, tmp_path / "run", SETTINGS, report=after_an_epoch)
    monkeypatch.undo()
    survived = weights(tmp_path / "run/best")
    same = all(np.array_equal(ours, theirs) for ours, theirs in zip(survived, kept[0], strict=True))
    assert same == (name == "model.safetensors")  # the others come when the better epoch has been saved
    assert all(np.isfinite(weight).all() for weight in survived)
    assert not [path for path in (tmp_path / "run").rglob("*partial*")]


def test_tensorboard_logs_that_cannot_be_written_are_told_in_a_sentence(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.write_settings({})
    run.log(1, loss=0.5)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))  # metrics.jsonl is smaller
    try:
        with pytest.raises(InputError, match=r"cannot write .*tensorboard': File too large\.$"):
            run.log(2, loss=0.25)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_metrics_that_cannot_be_written_are_told_in_a_sentence(tmp_path):
    (tmp_path / "metrics.jsonl").symlink_to("/dev/full")
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError, match="cannot write .*metrics.jsonl': No space left on device"):
        RunFolder(tmp_path, resume=True).log(1, loss=0.5)
