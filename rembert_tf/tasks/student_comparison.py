"""A student beside its teacher: metrics, size, and the time of one batch."""

import json
import math
import time

import tensorflow as tf

from rembert_tf.tasks.evaluation import BATCH_SIZE, mean_scores, predict_parts, read_parts
from rembert_tf.tasks.start import load_task_model
from rembert_tf.training.run_folder import read_json
from rembert_tf.weights.atomic_files import write_files
from rembert_tf.weights.weight_table import weights_of

COMPARISON = "comparison.json"
TIMED_ROWS, REPEATS = 8, 5


def compare_with_teacher(task, start, read, dev, run, settings):
    """Returns, and leaves in the run folder, how the chosen student does beside its teacher.

    Args:
        task: the Task.
        start: the TeacherAndStudent of the run.
        read: reads files with the teacher's labels.
        dev: held-out files.
        run: Path of the run's folder, which holds `best`.
        settings: FinetuneSettings.

    Returns:
        {"teacher": {"directory", "parameters", "layers", metrics ...}, "student": the same, "time_ratio": the teacher's
        seconds for one batch by the student's, "timed": {"rows", "length"}}. Seconds are the least of a few calls, with
        whatever else the machine does: a hint, no benchmark.
    """
    if (run / COMPARISON).is_file():
        return read_json(run / COMPARISON)
    teacher = start.teacher or start.load_teacher(task.architecture)
    student, tokenizer = load_task_model(run / "best", task.architecture)
    parts = read_parts(_Reader(task, read), dev)
    found = {}
    for name, model, directory in (("teacher", teacher, start.directory), ("student", student, run / "best")):
        scores = mean_scores(predict_parts(task, model, tokenizer, parts, BATCH_SIZE, settings.max_length))
        sizes = {"parameters": parameters(model), "layers": model.config.num_hidden_layers}
        found[name] = {"directory": str(directory), **sizes, **scores}
    inputs = _one_batch(task, tokenizer, next(iter(parts.values())), settings)
    found["time_ratio"] = _time_ratio(teacher, student, inputs)
    found["timed"] = {"rows": inputs["input_ids"].shape[0], "length": inputs["input_ids"].shape[-1]}
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    write_files(run, {COMPARISON: text.encode("utf-8")}, last=COMPARISON)
    return found


def parameters(model):
    """Returns how many numbers a model's directory holds."""
    return sum(math.prod(weight.file_shape) for weight in weights_of(model))


class _Reader:
    """What `read_parts` wants of a task."""

    def __init__(self, task, read):
        self.language, self.read = task.language, read


def _one_batch(task, tokenizer, examples, settings):
    rows = min(TIMED_ROWS, settings.batch_size)
    dataset = task.batches(tokenizer, examples, rows, settings.max_length).training_dataset(epochs=1, seed=0)
    return next(iter(dataset))[0]


def _time_ratio(teacher, student, inputs):
    """Returns the teacher's least seconds of a forward pass by the student's.

    They take turns: whatever else the machine does slows both.
    """
    graphs = [_graph(teacher), _graph(student)]
    seconds = [[_seconds(graph, inputs) for graph in graphs] for _ in range(1 + REPEATS)]  # the first ones trace
    of_teacher, of_student = map(min, zip(*seconds, strict=True))
    return of_teacher / of_student


def _graph(model):
    return tf.function(lambda inputs: model(inputs, training=False), autograph=False)


def _seconds(graph, inputs):
    begin = time.perf_counter()
    tf.nest.map_structure(lambda tensor: tensor.numpy(), graph(inputs))
    return time.perf_counter() - begin
