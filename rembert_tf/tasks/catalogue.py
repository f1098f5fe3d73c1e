"""All tasks by their name on the command line; a task's module is imported when it is asked for."""

import importlib
import inspect

from rembert_tf.errors import InputError

_TASKS = {
    "xnli": ("rembert_tf.tasks.pairs.task", "XnliTask"),
    "pawsx": ("rembert_tf.tasks.pairs.task", "PawsxTask"),
    "udpos": ("rembert_tf.tasks.tagging.udpos", "UdPos"),
    "panx": ("rembert_tf.tasks.tagging.panx", "Panx"),
    "xquad": ("rembert_tf.tasks.question_answering.tasks", "Xquad"),
    "mlqa": ("rembert_tf.tasks.question_answering.tasks", "Mlqa"),
    "tydiqa": ("rembert_tf.tasks.question_answering.tasks", "Tydiqa"),
    "tatoeba": ("rembert_tf.tasks.retrieval.tatoeba", "Tatoeba"),
    "bucc": ("rembert_tf.tasks.retrieval.bucc", "Bucc"),
    "csv": ("rembert_tf.tasks.csv_task", "CsvTask"),
    "multiple-choice": ("rembert_tf.tasks.choices.task", "MultipleChoiceTask"),
    "mlm": ("rembert_tf.tasks.language_modeling.masked_lm_task", "MaskedLmTask"),
    "clm": ("rembert_tf.tasks.language_modeling.causal_lm_task", "CausalLmTask"),
}
TASKS = tuple(_TASKS)
RETRIEVAL = ("tatoeba", "bucc")
TRAINED = tuple(name for name in TASKS if name not in RETRIEVAL)

# What a directory without a task's name in its configuration is used for.
_OF_CLASS = {
    "RemBertForSequenceClassification": "csv",
    "RemBertForTokenClassification": "udpos",
    "RemBertForQuestionAnswering": "xquad",
    "RemBertForMultipleChoice": "multiple-choice",
    "RemBertForMaskedLM": "mlm",
    "RemBertForCausalLM": "clm",
}


def get_task(name, **options):
    """Returns a Task.

    Args:
        name: on the command line.
        **options: of the task's constructor.

    Raises:
        InputError: there is no such task, or it has no such option.
    """
    if name not in _TASKS:
        raise InputError(f"there is no task {name!r}: the tasks are {', '.join(TASKS)}.")
    module, task = _TASKS[name]
    task = getattr(importlib.import_module(module), task)
    accepted = inspect.signature(task).parameters
    unknown = [option for option in options if option not in accepted]
    if unknown:
        takes = f"takes {', '.join(accepted)}" if accepted else "has no options"
        raise InputError(f"the task {name} does not take {', '.join(unknown)}: it {takes}.")
    return task(**options)


def task_name_of(config):
    """Returns the name of the task that a model was trained for, as its configuration tells.

    Args:
        config: a RemBertConfig.

    Raises:
        InputError: it tells nothing.
    """
    said = config.extra.get("finetuning_task")
    if said in _TASKS:
        return said
    architecture = (config.extra.get("architectures") or [None])[0]
    if architecture not in _OF_CLASS:
        raise InputError("the model's config.json names no task and no class with a head: say --task.")
    return _OF_CLASS[architecture]
