"""Windows of tagged sentences as batches of model input."""

import numpy as np
import tensorflow as tf

from rembert_tf.models.labels import IGNORED_LABEL
from rembert_tf.tasks.batches import Batches
from rembert_tf.tasks.pairs.model_inputs import model_inputs, rectangle


def input_batches(windows, pad_token_id, batch_size):
    """Returns Batches of inputs: `input_ids`, `token_type_ids` and `attention_mask`, (batch, width) int32.

    Args:
        windows: Windows.
        pad_token_id: fills rows up.
        batch_size: rows of a batch.
    """
    ids = _ragged(windows.ids)

    def features(rows, width):
        return model_inputs(tf.gather(ids, rows), pad_token_id, width)

    return Batches(windows.lengths, features, batch_size, width_step=1)


def training_batches(windows, classes, pad_token_id, batch_size):
    """Returns Batches of (inputs, labels): each word's class on its first piece, -100 everywhere else.

    Args:
        windows: Windows.
        classes: for each sentence a list with its words' class numbers.
        pad_token_id: fills rows up.
        batch_size: rows of a batch.
    """
    ids, labels = _ragged(windows.ids), _ragged(_window_labels(windows, classes))

    def features(rows, width):
        inputs = model_inputs(tf.gather(ids, rows), pad_token_id, width)
        return inputs, rectangle(tf.gather(labels, rows), IGNORED_LABEL, width)

    return Batches(windows.lengths, features, batch_size, width_step=1)


def _window_labels(windows, classes):
    """Yields the (pieces,) labels of each window."""
    used = [0] * len(classes)
    for ids, starts, sentence in zip(windows.ids, windows.starts, windows.sentences, strict=True):
        labels = np.full(len(ids), IGNORED_LABEL, "int32")
        first = used[sentence]
        used[sentence] += len(starts)
        labels[starts] = classes[sentence][first : used[sentence]]
        yield labels


def _ragged(rows):
    rows = list(rows)
    values = np.concatenate([*rows, np.zeros(0, "int32")]).astype("int32")
    return tf.RaggedTensor.from_row_lengths(values, [len(row) for row in rows])
