"""How many epochs a run has, and the mean over several seeds."""

import dataclasses

import numpy as np
import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.finetune_task import finetune_seeds
from rembert_tf.tasks.start import from_nothing
from tests.tasks.finetune_task.scripted_runs import SETTINGS, SHORT, Scripted, never, read_json, rows_of


@pytest.mark.usefixtures("untraced")
def test_patience_ends_a_run_that_no_longer_improves(train, tmp_path):
    settings = dataclasses.replace(SETTINGS, epochs=9, patience=2)
    result = train(Scripted("cca", "acc", "aca", "acc"), tmp_path / "run", settings)
    assert (result["epoch"], result["step"], result["accuracy"]) == (2, 4, 1.0)
    assert [row["epoch"] for row in rows_of(tmp_path / "run") if "epoch" in row] == [1, 2, 3, 4]
    assert rows_of(tmp_path / "run")[-1]["step"] == 8


@pytest.mark.usefixtures("untraced")
def test_several_seeds_have_a_mean_and_a_deviation(data, text_config, small_vocabulary, tmp_path):
    start = from_nothing(text_config.replace(num_hidden_layers=1), small_vocabulary)
    settings = dataclasses.replace(SHORT, seed=5)
    files = [str(data / "train-en.csv")], [str(data / "dev-en.csv")]
    found = finetune_seeds(Scripted("acc", "aca"), start, *files, tmp_path / "runs", settings, 2)
    accuracies = [result["accuracy"] for result in found["runs"].values()]
    assert accuracies == pytest.approx([1, 2 / 3])
    assert found["mean"]["accuracy"] == pytest.approx(np.mean(accuracies))
    assert found["deviation"]["accuracy"] == pytest.approx(np.std(accuracies, ddof=1))
    assert [result["seed"] for result in found["runs"].values()] == [5, 6]
    assert list(found["runs"]) == [str(tmp_path / f"runs/seed-{seed}") for seed in (5, 6)]
    assert found == read_json(tmp_path / "runs/seeds.json")
    assert set(found["mean"]) == {"accuracy", "macro_f1"}
    with pytest.raises(InputError, match="seed-5' is not empty"):  # before seed 4 is trained
        finetune_seeds(Scripted(), never, *files, tmp_path / "runs", dataclasses.replace(settings, seed=4), 2)
