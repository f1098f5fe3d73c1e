"""The catalogue of tasks: every name leads to a task that is what its name says."""

import re

import pytest

import rembert_tf
from rembert_tf import RemBertConfig
from rembert_tf.cli.main import COMMANDS, LazyGroup
from rembert_tf.errors import InputError
from rembert_tf.tasks.catalogue import RETRIEVAL, TASKS, TRAINED, get_task, task_name_of
from rembert_tf.tasks.task import Task

# RemBERT's paper, table 15 (learning rate, batch size, epochs).
PAPER = {
    "xnli": (1e-5, 128, 3),
    "pawsx": (8e-6, 128, 3),
    "udpos": (3e-5, 128, 3),
    "panx": (8e-6, 64, 3),
    "xquad": (9e-6, 128, 3),
    "mlqa": (9e-6, 128, 3),
    "tydiqa": (9e-6, 128, 3),
}


@pytest.mark.parametrize("name", TASKS)
def test_every_name_leads_to_a_complete_task(name):
    task = get_task(name)
    assert isinstance(task, Task)
    assert task.name == name
    assert getattr(rembert_tf, task.architecture).__name__ == task.architecture
    assert re.fullmatch(r"\.[a-z]+", task.prediction_suffix)
    for method in ("read", "batches", "predict", "write_predictions"):
        assert getattr(type(task), method) is not getattr(Task, method)


@pytest.mark.parametrize("name", TASKS)
def test_the_command_of_a_recipe_is_one(name):
    program, command, *arguments = get_task(name).recipe.command.split()
    assert (program, command in COMMANDS) == ("rembert", True)
    assert arguments[0] == name
    context = LazyGroup().get_command(None, command).make_context(command, arguments)
    assert context.params["task"] == name
    if command == "finetune":
        assert context.params["train"] and context.params["dev"]


@pytest.mark.parametrize("name", PAPER)
def test_recipes_have_the_papers_numbers(name):
    recipe = get_task(name).recipe
    assert (recipe.learning_rate, recipe.batch_size, recipe.epochs) == PAPER[name]
    assert "table 15" in recipe.source
    assert "table 16" in recipe.expected


def test_retrieval_is_not_trained():
    assert set(TRAINED) | set(RETRIEVAL) == set(TASKS)
    for name in RETRIEVAL:
        with pytest.raises(InputError, match=f"{name} trains nothing: use `rembert evaluate {name}`"):
            get_task(name).batches(None, None, 1, 1)


def test_unknown_names_and_options_are_told():
    with pytest.raises(InputError, match="there is no task 'sudoku': the tasks are xnli, pawsx, .*, clm"):
        get_task("sudoku")
    with pytest.raises(InputError, match="the task udpos does not take columns: it has no options"):
        get_task("udpos", columns=["text"])
    with pytest.raises(InputError, match="mlm does not take columns: it takes mask_rate, line_by_line, top_k"):
        get_task("mlm", columns=["text"], top_k=5)


def test_a_type_error_of_a_task_is_not_taken_for_an_unknown_option():
    with pytest.raises(TypeError):
        get_task("mlm", mask_rate="half")


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        ({"finetuning_task": "panx", "architectures": ["RemBertForTokenClassification"]}, "panx"),
        ({"architectures": ["RemBertForTokenClassification"]}, "udpos"),
        # A name that another program wrote there.
        ({"finetuning_task": "sst2", "architectures": ["RemBertForSequenceClassification"]}, "csv"),
        ({"finetuning_task": None, "architectures": ["RemBertForMultipleChoice"]}, "multiple-choice"),
        ({"architectures": ["RemBertForCausalLM"]}, "clm"),
    ],
)
def test_a_configuration_tells_its_task(extra, name):
    assert task_name_of(RemBertConfig(extra=extra)) == name


@pytest.mark.parametrize("extra", [{}, {"architectures": []}, {"architectures": ["RemBertModel"]}])
def test_a_configuration_that_tells_nothing_is_refused(extra):
    with pytest.raises(InputError, match="names no task and no class with a head: say --task"):
        task_name_of(RemBertConfig(extra=extra))
