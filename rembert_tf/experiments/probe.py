"""What a linear classifier reads from the frozen states of each layer: the part of speech of every word."""

import numpy as np
import tensorflow as tf

from rembert_tf.tasks.tagging.tag_batches import input_batches
from rembert_tf.tasks.tagging.windows import make_windows

RIDGE = 1e-3  # of the states' variance, which standardizing makes 1
BATCH_ROWS = 64


def probe_layers(encoder, tokenizer, training, tests, max_length):
    """Fits a linear map from states to tags by least squares, a layer at a time, and scores it.

    A word's state is that of its first piece. Least squares have one solution and nothing to tune, so layers and
    models are compared by what is in their states alone.

    Args:
        encoder: a RemBertModel.
        tokenizer: its RemBertTokenizerFast.
        training: TaggedSentences with tags.
        tests: {language: TaggedSentences}.
        max_length: pieces of a row.

    Returns:
        For each hidden state, the projected embedding first, {language: share of words with the right tag}.
    """
    states = compiled_states(encoder)
    known = word_states(states, encoder, tokenizer, training, max_length)
    probes = [LinearProbe(layer, _classes(training), len(training.labels)) for layer in known]
    found = [{} for _ in probes]
    for language, sentences in tests.items():
        gold = _classes(sentences)
        layers = word_states(states, encoder, tokenizer, sentences, max_length)
        for scores, probe, layer in zip(found, probes, layers, strict=True):
            scores[language] = float(np.mean(probe(layer) == gold))
    return found


class LinearProbe:
    """A linear classifier, fitted by least squares to one-hot classes.

    Args:
        states: (words, width) floats.
        classes: (words,) integers.
        count: classes that there may be.
    """

    def __init__(self, states, classes, count):
        self.mean, self.scale = states.mean(axis=0, dtype="float64"), states.std(axis=0, dtype="float64") + 1e-6
        inputs = self._inputs(states)
        ridge = RIDGE * len(inputs) * np.eye(inputs.shape[1])
        self.weights = np.linalg.solve(inputs.T @ inputs + ridge, inputs.T @ np.eye(count)[classes])

    def __call__(self, states):
        """Returns the (words,) class of each state."""
        return np.argmax(self._inputs(states) @ self.weights, axis=1)

    def _inputs(self, states):
        standard = (states - self.mean) / self.scale
        return np.concatenate([standard, np.ones((len(states), 1))], axis=1)


def compiled_states(encoder):
    """Returns a function from an encoder's input to all hidden states, (layers + 1, batch, length, hidden_size)."""

    @tf.function(reduce_retracing=True)
    def states(inputs):
        return tf.stack(encoder(inputs, output_hidden_states=True)["hidden_states"])

    return states


def word_states(states, encoder, tokenizer, sentences, max_length):
    """Returns the states of all words in order, (layers + 1, words, hidden_size) float32.

    Args:
        states: what `compiled_states` returned.
        encoder: the RemBertModel in it.
        tokenizer: its RemBertTokenizerFast.
        sentences: TaggedSentences.
        max_length: pieces of a row.
    """
    windows = make_windows(tokenizer, sentences.words, max_length)
    dataset, order = input_batches(windows, tokenizer.pad_token_id, BATCH_ROWS).ordered_dataset()
    found, done = [None] * len(windows), 0
    for inputs in dataset:
        batch = states(inputs).numpy()
        for place in range(batch.shape[1]):
            window = order[done + place]
            found[window] = batch[:, place, windows.starts[window]]
        done += batch.shape[1]
    return np.concatenate(found, axis=1)


def _classes(sentences):
    number = {tag: index for index, tag in enumerate(sentences.labels)}
    return np.array([number[tag] for tags in sentences.tags for tag in tags])
