"""How well a language model predicts each line of a text, and all of them together."""

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.models.labels import IGNORED_LABEL
from rembert_tf.tasks.batches import Batches
from rembert_tf.tasks.language_modeling.piece_scores import piece_scores
from rembert_tf.tasks.pairs.model_inputs import model_inputs, rectangle


def line_scores(model, windows, lines, read, labels, pad_token_id, batch_size, shift=0, report=None):
    """Returns a dictionary for each line: `pieces` predicted, `correct` ones, `loss` (the sum of log-losses).

    Args:
        model: a language model.
        windows: Windows.
        lines: number of lines.
        read: (pieces,) int32: what the model reads.
        labels: (pieces,) int32: what should be predicted of each, or -100.
        pad_token_id: for the end of shorter rows.
        batch_size: windows at a time.
        shift: 1 where a piece is predicted at the position before it, 0 where at its own.
        report: called as `report(lines_done, lines)`, or None.
    """
    columns = [windows.gatherer(values) for values in (read, labels, windows.lines)]

    def features(rows, width):
        ids, wanted, line = (gather(rows) for gather in columns)
        inputs = model_inputs(ids, pad_token_id, width)
        return inputs, _moved(wanted, shift, IGNORED_LABEL, width), _moved(line, shift, 0, width)

    scores, totals, done = piece_scores(model), np.zeros((lines, 3)), 0
    dataset, _ = Batches(windows.sizes, features, batch_size).ordered_dataset()
    for inputs, wanted, line in dataset:
        likeliest, loss = scores(inputs, wanted)
        owner = tf.boolean_mask(line, wanted >= 0).numpy()
        np.add.at(totals, owner, np.stack([np.ones(len(owner)), likeliest, loss], axis=1))
        done += len(wanted)
        if report is not None:
            report(lines * done // len(windows.sizes), lines)
    return [{"pieces": int(row[0]), "correct": int(row[1]), "loss": float(row[2])} for row in totals]


def _moved(rows, shift, fill, width):
    """Returns ragged (batch, None) as a tensor (batch, width), its values some places earlier."""
    dense = rectangle(rows, fill, width)
    return tf.pad(dense[:, shift:], [[0, 0], [0, shift]], constant_values=fill)


def total_scores(predictions):
    """Returns {"accuracy": share of pieces that were the likeliest, "perplexity": exp of the mean log-loss}.

    Args:
        predictions: what `line_scores` returned.

    Raises:
        InputError: they are answers to something else.
    """
    if not all("pieces" in prediction for prediction in predictions):
        raise InputError("answers have no score: create the task without them to score a text.")
    pieces = max(sum(prediction["pieces"] for prediction in predictions), 1)
    loss = sum(prediction["loss"] for prediction in predictions) / pieces
    correct = sum(prediction["correct"] for prediction in predictions)
    # exp of 700 is about the largest float.
    return {"accuracy": correct / pieces, "perplexity": float(np.exp(min(loss, 700.0)))}
