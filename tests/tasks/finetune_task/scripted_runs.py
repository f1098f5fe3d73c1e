"""Small data and settings, a task whose answers are known beforehand, and what a run left."""

import dataclasses
import json

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.training.settings import FinetuneSettings

SETTINGS = FinetuneSettings(epochs=2, batch_size=8, learning_rate=1e-2, max_length=16)
SHORT = dataclasses.replace(SETTINGS, epochs=1)
ROWS = [("a cat", "animal"), ("a dog", "animal"), ("a cow", "animal"), ("red", "colour"), ("blue", "colour")]
TAGGED = "The\tDET\ndog\tNOUN\nbarks\tVERB\n.\tPUNCT\n\nNew York\tPROPN\nsleeps\tVERB\n\n"


class Killed(Exception):
    """Stands for the moment a process is killed: nothing after it is written."""


class Scripted(CsvTask):
    """The csv task with answers from a script, a letter a dev text and a string an epoch: a(nimal), c(olour)."""

    def __init__(self, *script):
        super().__init__()
        self._script, self._models = list(script), []

    def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
        self._models.append(model)
        names = [next(name for name in examples.names if name[0] == letter) for letter in self._script.pop(0)]
        return [{"label": name, "score": 1.0, "probabilities": {name: 1.0}} for name in names]


def read_json(path):
    """Returns what a JSON file holds."""
    return json.loads(path.read_text())


def rows_of(folder):
    """Returns the rows of a run's metrics."""
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def weights(directory):
    """Returns the arrays of a classifier's directory."""
    return [variable.numpy() for variable in RemBertForSequenceClassification.from_pretrained(directory).weights]


def never(*arguments):
    """Stands for a start that must not be reached."""
    raise AssertionError("no training may start here")
