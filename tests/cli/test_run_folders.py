"""Every command that takes a model directory also takes the run folder around it, as `rembert serve` does."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from rembert_tf.cli.model_path import model_path

LINES = (
    "export @topic out --no-check --no-warmup",
    "evaluate csv @topic --data @dev-en.csv",
    "predict @topic --input @dev-en.csv",
    "verify @topic",
    "verify @model @topic",
    "inspect @topic",
    "convert @topic out",
    "average @topic @topic --output out",
    "keep-layers @topic out --layers 1",
    "trim-vocab @topic out --corpus @dev-en.csv",
    "warm-start @topic out --layers 2",
)


@pytest.fixture(scope="module")
def runs(folder):
    """Puts run folders beside the models."""
    shutil.copytree(folder / "model", folder / "topic/best")
    (folder / "topic/run.json").write_text("{}")


@pytest.mark.parametrize("line", LINES)
def test_the_best_model_is_meant(line, runs, rembert, tmp_path):
    rembert(line)
    assert not line.startswith(("convert", "keep")) or (tmp_path / "out/config.json").is_file()


def test_scores_come_from_it(runs, rembert, folder, monkeypatch):
    from rembert_tf.tasks import translation_scores

    found = []
    monkeypatch.setattr(translation_scores, "score", lambda directory, *more: found.append(directory) or np.zeros(1))
    rembert("score @topic --references @dev-en.csv --candidates @dev-en.csv")
    assert found == [str(folder / "topic/best")]


def test_a_training_begins_from_it(runs, rembert, asked, folder):
    rembert("finetune csv --model @topic --train a --dev b --output c")
    assert asked["start"].asked == {"model": str(folder / "topic/best")}


def test_teachers_and_students(runs, rembert, folder, monkeypatch):
    from rembert_tf.tasks import distill_task

    found = []

    def record(task, teacher, student, *arguments, **more):
        found.append((teacher, student.asked))
        raise KeyboardInterrupt

    monkeypatch.setattr(distill_task, "distill_task", record)
    rembert("distill @topic --student @topic --train a --output b", code=130)
    best = str(folder / "topic/best")
    [(teacher, asked)] = found
    assert teacher == best and best in json.dumps(asked)


def test_a_pretraining_goes_on_from_it(runs, rembert, folder, monkeypatch):
    from rembert_tf.pretraining import pretrain

    found = []

    def record(data, output, settings, origin, *more):
        found.append(origin.model)
        raise KeyboardInterrupt

    monkeypatch.setattr(pretrain, "pretrain", record)
    rembert("pretrain --data a --model @topic --output b", code=130)
    assert found == [str(folder / "topic/best")]


def test_a_folder_beside_the_model_that_may_not_be_read_is_in_nobodys_way(rembert, tmp_path, monkeypatch):
    (tmp_path / "source/private").mkdir(parents=True)
    is_file = Path.is_file

    def denied(self):
        if self.parent.name == "private":
            raise PermissionError(13, "Permission denied")
        return is_file(self)

    monkeypatch.setattr(Path, "is_file", denied)
    assert model_path("source") == "source"


@pytest.mark.parametrize("line", ["export . out", "predict . --input a.csv", "inspect ."])
def test_runs_without_a_model_and_several_runs_are_told(line, rembert, tmp_path):
    (tmp_path / "seed-0").mkdir()
    (tmp_path / "seed-0/run.json").write_text("{}")
    assert "'.' holds the runs seed-0: name one of them, such as seed-0." in rembert(line, code=2).err
    (tmp_path / "run.json").write_text("{}")
    assert "the run in '.' has no best/ yet: wait for its first evaluation." in rembert(line, code=2).err
