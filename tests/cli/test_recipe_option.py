"""`rembert finetune --recipe`, and the recipe that a task has without it."""

import dataclasses

import pytest

from rembert_tf.tasks.catalogue import TRAINED, get_task
from rembert_tf.tasks.recipe import FOLDER
from rembert_tf.training.settings import FinetuneSettings
from tests.cli.conftest import finetune


@pytest.mark.parametrize("task", TRAINED)
def test_the_tasks_recipe_is_the_default(rembert, asked, task):
    recipe = get_task(task).recipe
    rembert(finetune(task))
    expected = FinetuneSettings(
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        max_length=recipe.max_length,
    )
    assert asked["settings"] == expected
    rembert(finetune(task, "--config @config.json --sentencepiece @model/sentencepiece.model"))
    assert asked["settings"] == dataclasses.replace(expected, learning_rate=1e-3)


def test_a_recipe_of_ones_own_counts_more_than_the_tasks_and_less_than_options(rembert, asked, tmp_path):
    (tmp_path / "mine.toml").write_text(
        'epochs = 9\nbatch_size = 4\nlearning_rate = 1\nfreeze = ["embeddings"]\nstatic_shapes = true\nseed = 7\n'
        'warmup_ratio = 0.5\nsource = "a blog"\ncommand = "rembert finetune csv"\nexpected = "0.9"\n'
    )
    rembert(finetune())
    plain = asked["settings"]
    said = {"epochs": 9, "batch_size": 4, "learning_rate": 1, "freeze": ("embeddings",), "static_shapes": True}
    said |= {"seed": 7, "warmup_ratio": 0.5}
    rembert(f"{finetune()} --recipe mine.toml")
    assert asked["settings"] == dataclasses.replace(plain, **said)
    rembert(f"{finetune(start='--config @config.json --sentencepiece @model/sentencepiece.model')} --recipe mine.toml")
    assert asked["settings"].learning_rate == 1  # not the 1e-3 of new weights
    rembert(f"{finetune()} --recipe mine.toml --seed 0 --freeze encoder --no-static-shapes --epochs 2")
    given = {"seed": 0, "freeze": ("encoder",), "static_shapes": False, "epochs": 2}
    assert asked["settings"] == dataclasses.replace(plain, **{**said, **given})


@pytest.mark.parametrize("name", TRAINED)
def test_the_file_of_a_tasks_recipe_is_a_recipe_of_ones_own(rembert, asked, name):
    rembert(finetune(name))
    plain = asked["settings"]
    rembert(f"{finetune(name)} --recipe {FOLDER / name}.toml")
    assert asked["settings"] == plain


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no file 'mine.toml': expected a recipe, as TOML."),
        ("epochs = \n", "mine.toml is not valid TOML: "),
        ("learningrate = 1.0\n[more]\n", "mine.toml has learningrate, more; a recipe takes epochs, max_steps, "),
        ('epochs = "many"\n', "mine.toml: epochs must be a whole number, not 'many'."),
        ('freeze = "encoder"\n', "mine.toml: freeze must be a list, not 'encoder'."),
        ("epochs = 0\n", "epochs must be at least 1, not 0."),
    ],
)
def test_a_recipe_that_cannot_be_used_is_told_in_one_sentence(rembert, asked, tmp_path, content, message):
    if content is not None:
        (tmp_path / "mine.toml").write_text(content)
    printed = rembert(f"{finetune()} --recipe mine.toml", code=2)
    assert message in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert asked == {}
