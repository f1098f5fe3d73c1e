"""The task `mlm`: guess masked pieces of plain text."""

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.models.labels import IGNORED_LABEL
from rembert_tf.tasks.batches import Batches
from rembert_tf.tasks.language_modeling.answers_file import write_lines
from rembert_tf.tasks.language_modeling.fills import fill_masks
from rembert_tf.tasks.language_modeling.line_scores import line_scores, total_scores
from rembert_tf.tasks.language_modeling.masking import Masking
from rembert_tf.tasks.language_modeling.texts import read_lines
from rembert_tf.tasks.language_modeling.windows import separate_windows
from rembert_tf.tasks.pairs.model_inputs import model_inputs
from rembert_tf.tasks.recipe import recipe_of
from rembert_tf.tasks.task import Task

# Windows that are masked together when a text is scored, whatever the batch size: the masks stay the same.
FIXED_GROUP = 256
FIXED_SEED = 20


class MaskedLmTask(Task):
    """Plain text, a text a line, blank lines between documents, as windows of up to `max_length` pieces.

    Args:
        mask_rate: share of a window's pieces to guess.
        line_by_line: whether every line is a row of its own; else a document's lines fill rows together.
        top_k: 0: `predict` scores texts under masks that are always the same; above 0 it names that many pieces for
            every `[MASK]` that a text holds.

    Raises:
        InputError: an impossible rate or number.
    """

    name = "mlm"
    architecture = "RemBertForMaskedLM"
    prediction_suffix = ".jsonl"
    has_classes = False
    recipe = recipe_of(name)

    def __init__(self, mask_rate=0.15, line_by_line=False, top_k=0):
        if not 0 < mask_rate < 1:
            raise InputError(f"mask_rate must be above 0 and below 1, not {mask_rate}.")
        if top_k < 0:
            raise InputError(f"top_k must be 0 or more, not {top_k}.")
        self.mask_rate = mask_rate
        self.line_by_line = line_by_line
        self.top_k = top_k

    def read(self, paths, labels=None):
        """Returns TextLines; see `Task.read`.

        Args:
            paths: list of files.
            labels: not used: there are no classes.
        """
        return read_lines(paths, self.line_by_line)

    def batches(self, tokenizer, examples, batch_size, max_length):
        """Returns the training Batches, masked anew in each step.

        Labels are (batch, masks), for the inputs' `masked_positions`: no logits of other positions are formed.
        """
        windows, masking = separate_windows(tokenizer, examples, max_length), Masking(tokenizer, self.mask_rate)
        gather = windows.gatherer()

        def features(rows, width):
            return model_inputs(gather(rows), tokenizer.pad_token_id, width)

        def augment(seed, inputs):
            ids, positions, labels = masking(inputs["input_ids"], seed)
            return {**inputs, "input_ids": ids, "masked_positions": positions}, labels

        return Batches(windows.sizes, features, batch_size, augment)

    def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
        """Returns a dictionary for each text; see `Task.predict`.

        With `top_k` 0: `pieces` masked, `correct` guesses, `loss` (the sum of log-losses). Otherwise `fills`: for every
        [MASK] a list of {"token", "score"}.
        """
        if self.top_k:
            return fill_masks(model, tokenizer, examples.texts, self.top_k, batch_size, max_length, report)
        windows = separate_windows(tokenizer, examples, max_length)
        masked, labels = _fixed_masks(windows, Masking(tokenizer, self.mask_rate), tokenizer.pad_token_id)
        return line_scores(model, windows, len(examples), masked, labels, tokenizer.pad_token_id, batch_size, 0, report)

    def score(self, examples, predictions):
        """Returns {"accuracy", "perplexity"} of the masked pieces; see `total_scores`."""
        return total_scores(predictions)

    def write_predictions(self, examples, predictions, path):
        """Writes texts and answers into a `.jsonl` file."""
        write_lines(path, examples, predictions)


def _fixed_masks(windows, masking, pad_token_id):
    """Returns (pieces,) int32 ids with masks, and (pieces,) int32 labels, the same whenever it is called."""
    masked, labels = windows.ids.copy(), np.full_like(windows.ids, IGNORED_LABEL)
    gather = windows.gatherer()
    for number, first in enumerate(range(0, len(windows.sizes), FIXED_GROUP)):
        starts = windows.starts[first : first + FIXED_GROUP]
        ids = gather(tf.range(first, first + len(starts))).to_tensor(pad_token_id)
        hidden, positions, wanted = (tensor.numpy() for tensor in masking(ids, [FIXED_SEED, number]))
        rows, slots = np.nonzero(wanted != IGNORED_LABEL)
        places = starts[rows] + positions[rows, slots]
        masked[places] = hidden[rows, positions[rows, slots]]
        labels[places] = wanted[rows, slots]
    return masked, labels
