"""Recipes: a file for each task, whose numbers are the task's."""

import tomllib

import pytest

from rembert_tf.tasks.catalogue import RETRIEVAL, TASKS, get_task
from rembert_tf.tasks.recipe import FOLDER, REMARKS

NUMBERS = ("learning_rate", "batch_size", "epochs", "max_length")


def test_every_task_has_a_file_and_every_file_a_task():
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == sorted(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_what_the_file_says_is_what_the_task_uses(name):
    said = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    used = vars(get_task(name).recipe)
    assert said.items() <= used.items()
    assert set(said) <= {*NUMBERS, *REMARKS}
    assert {"batch_size", "max_length", "source", "command"} <= set(said)
    for number in ("learning_rate", "epochs"):
        assert (number in said) == (name not in RETRIEVAL)
        assert (used[number] > 0) == (name not in RETRIEVAL)


@pytest.mark.parametrize("name", TASKS)
def test_the_number_to_reach_is_there_or_said_to_be_none(name):
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    assert (get_task(name).recipe.expected is None) == ("# There is no number to reach" in text)
