"""Trainings that take seconds, and the weights on their way."""

import numpy as np

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.finetune_task import finetune_task
from rembert_tf.tasks.start import from_nothing
from rembert_tf.training.settings import FinetuneSettings

ANIMALS = ["cat", "dog", "horse", "cow", "Katze", "Hund", "Pferd", "Kuh"]
COLOURS = ["red", "green", "blue", "yellow", "rot", "grün", "blau", "gelb"]
SETTINGS = FinetuneSettings(epochs=6, batch_size=16, learning_rate=1e-2, max_length=16, seed=1)


def train(data, output, text_config, small_vocabulary, settings=SETTINGS):
    """Trains on the files of the fixture `data`; returns the result."""
    start = from_nothing(text_config, small_vocabulary)
    return finetune_task(CsvTask(), start, [data / "train.csv"], [data / "dev.csv"], output, settings)


def train_watched(data, output, text_config, small_vocabulary, settings):
    """Trains, and returns the weights after every step, those evaluated after every epoch, and those left at the end.

    Each is a dict of arrays by path; with shared spelling the n-grams' vectors are among them, but not at the end.
    """
    models, stepped, evaluated = [], [], []

    def start(*arguments):
        model, tokenizer = from_nothing(text_config, small_vocabulary)(*arguments)
        models.append(model)
        return model, tokenizer

    start.new_weights = True

    def report(step, total, note):
        (evaluated if note.startswith("dev") else stepped).append(weights(models[0]))

    finetune_task(CsvTask(), start, [data / "train.csv"], [data / "dev.csv"], output, settings, report=report)
    return stepped, evaluated, weights(models[0])


def weights(model):
    """Returns {path: array} of a model."""
    return {variable.path.split("/", 1)[1]: variable.numpy() for variable in model.trainable_variables}


def saved(path):
    """Returns the same of a model directory."""
    return weights(RemBertForSequenceClassification.from_pretrained(path))


def assert_same(first, other, atol=0.0):
    """Asserts that two dicts of arrays have the same names and, but for `atol`, the same numbers."""
    assert first.keys() == other.keys()
    for name, value in first.items():
        np.testing.assert_allclose(value, other[name], rtol=0, atol=atol, err_msg=name)
