"""The task `multiple-choice`: which of several continuations fits."""

import collections
from pathlib import Path

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.tasks.choices.answers_file import write_choices
from rembert_tf.tasks.choices.examples import read_choices
from rembert_tf.tasks.choices.grouped_batches import GroupedBatches
from rembert_tf.tasks.pairs.encoded_texts import EncodedTexts
from rembert_tf.tasks.pairs.single_label import checked, probabilities
from rembert_tf.tasks.pairs.text_batches import logits_of
from rembert_tf.tasks.recipe import recipe_of
from rembert_tf.tasks.task import Mistake, Task


class MultipleChoiceTask(Task):
    """Questions in JSON lines, XCOPA's or the general form; see `choices.examples`."""

    name = "multiple-choice"
    architecture = "RemBertForMultipleChoice"
    prediction_suffix = ".jsonl"
    recipe = recipe_of(name)

    def read(self, paths, labels=None):
        """Returns ChoiceExamples; see `Task.read`.

        Args:
            paths: list of files.
            labels: not used: the choices of a question are its classes.
        """
        return read_choices(paths)

    def check_answers(self, examples, purpose):
        examples.known_labels()

    def batches(self, tokenizer, examples, batch_size, max_length):
        """Returns the training Batches, items ((batch, choices, length) inputs, (batch,) labels)."""
        return _batches(tokenizer, examples, batch_size, max_length, tf.constant(examples.known_labels()))

    def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
        """Returns a dictionary of `choice`, a number from 0, and `probabilities` for each question."""
        batches = _batches(tokenizer, examples, batch_size, max_length, None)
        shares = [probabilities(row) for row in logits_of(model, batches, report)]
        return [
            {"choice": int(row.argmax()), "probabilities": [round(float(share), 6) for share in row]} for row in shares
        ]

    def score(self, examples, predictions):
        """Returns {"accuracy": share of right choices}."""
        chosen = [prediction["choice"] for prediction in checked(examples, predictions)]
        return {"accuracy": float((examples.known_labels() == np.array(chosen)).mean())}

    def write_predictions(self, examples, predictions, path):
        """Writes questions and answers into a `.jsonl` file, or the choices' numbers into a `.tsv`, one a line."""
        if Path(path).suffix not in (".jsonl", ".tsv"):
            raise InputError(f"the output {str(path)!r} must end in .jsonl or .tsv.")
        write_choices(path, examples, checked(examples, predictions))

    def mistakes(self, examples, predictions):
        """Returns the wrong choices, and how often each place was chosen for each; see `Task.mistakes`."""
        labels = examples.known_labels().tolist()
        chosen = [prediction["choice"] for prediction in checked(examples, predictions)]
        wrong = [
            Mistake(
                text=examples.prompts[row],
                expected=examples.choices[row][labels[row]],
                predicted=examples.choices[row][chosen[row]],
                badness=predictions[row]["probabilities"][chosen[row]],
                language=examples.languages[row],
                length=len(examples.prompts[row]),
            )
            for row in range(len(examples))
            if labels[row] != chosen[row]
        ]
        places = [(f"choice {label + 1}", f"choice {own + 1}") for label, own in zip(labels, chosen, strict=True)]
        return wrong, dict(collections.Counter(places))


def _batches(tokenizer, examples, batch_size, max_length, labels):
    """Returns the Batches of ChoiceExamples, whose items are inputs, or (inputs, labels) where there are labels."""
    counts = np.array([len(choices) for choices in examples.choices])
    prompts = np.repeat(np.array(examples.prompts, object), counts).tolist()
    choices = [choice for choices in examples.choices for choice in choices]
    encoded = EncodedTexts(tokenizer, prompts, choices, max_length)
    first = np.cumsum(counts) - counts
    starts, numbers = tf.constant(first, tf.int32), tf.constant(counts, tf.int32)
    same = int(counts[0]) if (counts == counts[0]).all() else None

    def features(rows, width):
        count = tf.gather(numbers, rows)[0]  # a batch's examples have the same number
        flat = tf.reshape(tf.gather(starts, rows)[:, None] + tf.range(count), [-1])
        inputs = {}
        for name, tensor in encoded.batch(flat, width).items():
            tensor = tf.reshape(tensor, [tf.size(rows), count, tf.shape(tensor)[1]])
            inputs[name] = tf.ensure_shape(tensor, [None, same, None])
        return inputs if labels is None else (inputs, tf.gather(labels, rows))

    return GroupedBatches(counts, np.maximum.reduceat(encoded.lengths, first), features, batch_size)
