"""`rembert predict`: what a fine-tuned model says about every row of a file."""

import sys
import tempfile
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.tasks.catalogue import RETRIEVAL, get_task, task_name_of
from rembert_tf.tasks.csv_tables.answers_file import KINDS
from rembert_tf.tasks.evaluation import BATCH_SIZE, open_model
from rembert_tf.text_files.opening import open_text
from rembert_tf.text_files.tables import read_table
from rembert_tf.weights import model_directory

STANDARD_OUTPUT = "-"
# The endings that tasks write beside their own `prediction_suffix`.
MORE_KINDS = {"csv": KINDS, "udpos": (".jsonl",), "panx": (".jsonl",), "multiple-choice": (".tsv",)}
# What `predict_file` takes for one task alone: (the task, what counts where it is not given)
OF_ONE_TASK = {"columns": ("csv", None), "top_k": ("mlm", 5), "max_new_tokens": ("clm", 30)}


def predict_file(
    model_path,
    source,
    destination,
    task=None,
    columns=None,
    max_length=None,
    batch_size=BATCH_SIZE,
    top_k=None,
    max_new_tokens=None,
    report=None,
):
    """Writes an answer for every row of a file, in the form of the task's prediction files.

    Args:
        model_path: directory of a fine-tuned model.
        source: a file in the task's format; labels are not looked at and may be missing.
        destination: a file, written in one piece at the end, or "-" for standard output.
        task: name of the task; None takes what the model was trained for.
        columns: for csv alone: names of the columns of a table without a header.
        max_length: pieces of a row; None means what the model can take.
        batch_size: rows at a time.
        top_k: for mlm alone: guesses for each [MASK]; None means 5.
        max_new_tokens: for clm alone: pieces of a continuation; None means 30.
        report: called as `report(done, total, note)`, or None.

    Returns:
        The number of rows written.

    Raises:
        InputError: the model is for no task, an option is another one's, or a file cannot be used; known before the
            model is loaded, but for what is wrong within a file of another task than csv.
    """
    config = model_directory.read_config(model_path)
    name = task or task_name_of(config)
    if name in RETRIEVAL:
        raise InputError(f"{name} has no predictions row by row: use `rembert evaluate {name} --output FOLDER`.")
    chosen = get_task(name, **_options(name, config, columns=columns, top_k=top_k, max_new_tokens=max_new_tokens))
    _check_files(chosen, source, destination, columns)
    model, tokenizer, max_length = open_model(chosen, model_path, max_length or config.max_position_embeddings)
    examples = chosen.read([source], list(config.id2label.values()))
    step = report and (lambda done, total: report(done, total, ""))
    predictions = chosen.predict(model, tokenizer, examples, batch_size, max_length, step)
    if destination != STANDARD_OUTPUT:
        chosen.write_predictions(examples, predictions, destination)
        return len(examples)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"predictions{chosen.prediction_suffix}"
        chosen.write_predictions(examples, predictions, file)
        sys.stdout.write(file.read_text(encoding="utf-8"))
    return len(examples)


def _options(name, config, **given):
    """Returns the options of a task that only answers; raises an InputError for those of another task."""
    options = {"problem_type": problem_type_of(config)} if name == "csv" else {}
    for option, value in given.items():
        task, default = OF_ONE_TASK[option]
        if task == name:
            options[option] = default if value is None else value
        elif value is not None:
            raise InputError(f"{option} is for {task} alone, and this is {name}.")
    return options


def _check_files(task, source, destination, columns):
    """Raises what can be told of the files before the model is loaded."""
    kinds = dict.fromkeys((task.prediction_suffix, *MORE_KINDS.get(task.name, ())))
    if destination != STANDARD_OUTPUT and Path(destination).suffix not in kinds:
        *others, last = kinds
        listed = f"{', '.join(others)} or {last}" if others else last
        raise InputError(f"the output {str(destination)!r} must end in {listed}.")
    if task.name == "csv":
        read_table(source, columns)
    else:
        next(open_text(source), None)


def problem_type_of(config):
    """Returns what a text classifier's labels are: one class, several, or a number."""
    return config.problem_type or ("regression" if config.num_labels == 1 else "single_label_classification")
