"""`rembert distill`: every option arrives where it should; what contradicts itself is refused."""

import dataclasses

import pytest

from rembert_tf.training.distillation_settings import DistillationSettings
from tests.cli.conftest import RESULT
from tests.cli.test_finetune_command import OPTIONS

COMPARISON = {
    "teacher": {"directory": "t", "parameters": 4000, "layers": 2, "accuracy": 0.75},
    "student": {"directory": "run/best", "parameters": 1000, "layers": 1, "accuracy": 0.5},
    "time_ratio": 1.96,
    "timed": {"rows": 8, "length": 16},
}
STUDENTS = {"--layers 1": {"layers": 1}, "--layers even:2": {"layers": ("even", 2)}, "--layers 0,1": {"layers": [0, 1]}}


@pytest.fixture
def asked(monkeypatch):
    """What `distill_task` was called with; nothing is trained."""
    from rembert_tf.tasks import distill_task

    asked = {}

    def record(task, teacher, student, files, output, settings, distillation, **more):
        names = ("task", "teacher", "student", "files", "output", "settings", "distillation")
        asked.update(zip(names, (task, teacher, student, files, output, settings, distillation), strict=True), **more)
        return {**RESULT, "comparison": COMPARISON}

    monkeypatch.setattr(distill_task, "distill_task", record)
    return asked


def line(more="", student="--layers 1", train="--train a b"):
    return f"distill @model {student} {train} --dev c --output run {more}"


def test_the_result_is_printed(rembert, asked):
    printed = rembert(line())
    assert printed.out.splitlines() == [
        "run/best  dev accuracy 0.5000 (teacher 0.7500)",
        "1 of 2 blocks, 1,000 of 4,000 parameters (25.0%), 2.0 times as fast",
    ]
    assert "no benchmark" in printed.err
    assert '"comparison": {"teacher"' in rembert(line("--json")).out


def test_files_task_and_defaults(rembert, asked, folder):
    rembert(line())
    assert asked["teacher"] == str(folder / "model") and asked["task"].name == "csv"
    assert (asked["files"].train, asked["files"].dev, asked["files"].unlabelled) == (["a", "b"], ["c"], [])
    assert asked["distillation"] == DistillationSettings()
    assert asked["seeds"] is None and asked["teacher_dtype"] is None and asked["resume"] is False
    rembert(line().replace("@model", "@number"))
    assert asked["task"].problem_type == "regression"  # as its configuration says
    rembert(line("--unlabelled d e", train=""))
    assert asked["distillation"] == DistillationSettings(alpha=1.0)
    assert (asked["files"].train, asked["files"].unlabelled) == ([], ["d", "e"])


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        ("--temperature 4", {"temperature": 4.0}),
        ("--alpha 0.25", {"alpha": 0.25}),
        ("--hidden-loss last", {"hidden_loss": "last"}),
        ("--hidden-loss layers --hidden-weight 3", {"hidden_loss": "layers", "hidden_weight": 3.0}),
    ],
)
def test_what_is_learnt_from_the_teacher(rembert, asked, options, changes):
    rembert(line(options))
    assert asked["distillation"] == DistillationSettings(**changes)


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_of_a_training(rembert, asked, option):
    rembert(line())
    plain = asked["settings"]
    rembert(line(option))
    assert asked["settings"] == dataclasses.replace(plain, **OPTIONS[option]) != plain


@pytest.mark.parametrize("student", STUDENTS)
def test_students(rembert, asked, student):
    rembert(line(student=student))
    assert asked["student"].asked == STUDENTS[student]


def test_new_weights_want_larger_steps(rembert, asked, folder):
    rembert(line())
    assert asked["settings"].learning_rate == asked["task"].recipe.learning_rate
    rembert(line(student="--config @config.json"))
    assert asked["settings"].learning_rate == 1e-3
    rembert(line(student="--student @model"))
    assert asked["student"].asked == {"student": str(folder / "model")}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (line(student=""), "give one of --layers, --config FILE and --student DIR"),
        (line(student="--layers 1 --config @config.json"), "give one of --layers, --config FILE and --student DIR"),
        (line(student="--layers few"), "expected a number (4), even:4, or numbers from 0 (0,2), not 'few'"),
        (line(student="--layers even:1,2"), "not 'even:1,2'"),
        (line("--temperature 0"), "temperature must be 1 or more"),
        (line("--alpha 2"), "alpha must be from 0 to 1"),
        (line("--hidden-weight 2"), "--hidden-weight needs --hidden-loss"),
        (line("--temperature 3").replace("@model", "@number"), "--temperature is for probabilities"),
        (line(train=""), "there is nothing to learn from"),
        ("distill @nothing --layers 1 --train a --output run", "there is no model directory"),
    ],
)
def test_what_contradicts_itself_is_refused(rembert, asked, words, message):
    assert message in rembert(words, 2).err
    assert not asked
