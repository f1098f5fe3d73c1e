"""`rembert finetune`: every option arrives where it should, and only there; results are printed."""

import dataclasses
import json

import pytest

from rembert_tf.cli import main
from rembert_tf.tasks.catalogue import TRAINED
from rembert_tf.training.settings import FinetuneSettings
from tests.cli.conftest import RESULT, finetune

# option -> the settings that it changes
OPTIONS = {
    "--epochs 7": {"epochs": 7},
    "--max-steps 11": {"max_steps": 11},
    "--batch-size 48": {"batch_size": 48},
    "--learning-rate 0.125": {"learning_rate": 0.125},
    "--max-length 33": {"max_length": 33},
    "--seed 5": {"seed": 5},
    "--warmup-ratio 0.25": {"warmup_ratio": 0.25},
    "--weight-decay 0.5": {"weight_decay": 0.5},
    "--clip-norm 2.5": {"clip_norm": 2.5},
    "--layer-decay 0.75": {"layer_decay": 0.75},
    "--label-smoothing 0.125": {"label_smoothing": 0.125},
    "--accumulate-steps 4": {"accumulate_steps": 4},
    "--freeze embeddings --freeze layers:3": {"freeze": ("embeddings", "layers:3")},
    "--freeze embeddings layers:3": {"freeze": ("embeddings", "layers:3")},
    "--lora-rank 8": {"lora_rank": 8},
    "--mixed-precision mixed_bfloat16": {"mixed_precision": "mixed_bfloat16"},
    "--patience 2": {"patience": 2},
    "--save-every 100": {"save_every": 100},
    "--restarts 3": {"restarts": 3},
    "--choose last": {"choose": "last"},
    "--strategy mirrored": {"strategy": "mirrored"},
    "--static-shapes": {"static_shapes": True},
    "--no-static-shapes": {"static_shapes": False},
    "--xla": {"xla": True},
    "--no-xla": {"xla": False},
}


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_of_a_training_reaches_the_settings(rembert, asked, option):
    rembert(finetune())
    plain = asked["settings"]
    rembert(f"{finetune()} {option}")
    assert asked["settings"] == dataclasses.replace(plain, **OPTIONS[option])
    assert asked["settings"] != plain


def test_no_option_is_untested():
    command = main.LazyGroup().get_command(None, "finetune")
    names = {parameter.name for parameter in command.params}
    settings = {field.name for field in dataclasses.fields(FinetuneSettings)}
    assert names & settings == {name for change in OPTIONS.values() for name in change}


def test_files_and_flags_arrive(rembert, asked):
    rembert(finetune())
    assert (asked["train"], asked["dev"], asked["output"], asked["resume"]) == (["a", "b"], ["c"], "run", False)
    rembert(f"{finetune()} --resume")
    assert asked["resume"] is True


def test_gradient_checkpointing_changes_the_model_and_nothing_else(rembert, asked, folder):
    rembert(f"{finetune()} --gradient-checkpointing")
    model, _ = asked["start"]("RemBertForSequenceClassification", {})
    assert model.rembert.encoder.gradient_checkpointing
    assert asked["start"].asked == {"model": str(folder / "model")}
    rembert(finetune())
    model, _ = asked["start"]("RemBertForSequenceClassification", {})
    assert not model.rembert.encoder.gradient_checkpointing


# option -> (tasks that take it, attribute of the task, value)
TASK_OPTIONS = {
    "--problem-type regression": (("csv",), lambda task: task.problem_type == "regression"),
    "--columns text,label": (("csv",), lambda task: task.columns == ["text", "label"]),
    "--label-column topic": (("csv",), lambda task: task.label_column == "topic"),
    "--null-threshold 0.5": (("xquad", "mlqa", "tydiqa"), lambda task: task.settings.null_threshold == 0.5),
    "--max-answer-length 9": (("xquad", "mlqa", "tydiqa"), lambda task: task.settings.max_answer_length == 9),
    "--line-by-line": (("mlm", "clm"), lambda task: task.line_by_line is True),
}


@pytest.mark.parametrize("option", TASK_OPTIONS)
@pytest.mark.parametrize("task", TRAINED)
def test_options_of_a_task_reach_it_and_no_other_takes_them(rembert, asked, task, option):
    takers, holds = TASK_OPTIONS[option]
    if task in takers:
        rembert(f"{finetune(task)} {option}")
        assert holds(asked["task"])
    else:
        name = option.split()[0]
        printed = rembert(f"{finetune(task)} {option}", code=2)
        assert printed.err.startswith(f"rembert: {name} is no option of the task {task}.")
        assert asked == {}


def test_results_are_printed_for_people_and_for_programs(rembert, asked):
    assert rembert(finetune()).out == "run/best  dev accuracy 0.7500  dev macro_f1 0.5000\n"
    assert json.loads(rembert(f"{finetune()} --json").out) == {"model": "run/best", **RESULT}


def test_several_seeds_are_printed_each_and_together(rembert, asked):
    printed = rembert(f"{finetune()} --seeds 2").out.splitlines()
    assert asked["seeds"] == 2
    assert printed == [
        "run/seed-0/best  dev accuracy 0.5000",
        "run/seed-1/best  dev accuracy 0.6250",
        "dev accuracy 0.5625 +- 0.0884 over 2 seeds",
    ]
    assert set(json.loads(rembert(f"{finetune()} --seeds 2 --json").out)) == {"runs", "mean", "deviation"}
