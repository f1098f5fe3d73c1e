"""How well a model guesses hidden pieces of rows that it never learns from, language by language."""

import dataclasses

import numpy as np
import tensorflow as tf

from rembert_tf.datasets import untuned
from rembert_tf.errors import InputError
from rembert_tf.models.labels import IGNORED_LABEL
from rembert_tf.pretraining.batches import masked_example
from rembert_tf.pretraining.row_index import ids_of
from rembert_tf.tasks.language_modeling.piece_scores import piece_scores

FIXED_SEED = 20  # of the masks, which are the same in every evaluation and every run
BATCH_ROWS = 16
MODEL_INPUTS = ("input_ids", "token_type_ids", "attention_mask")


@dataclasses.dataclass(frozen=True)
class HeldOut:
    """Masked rows of a language.

    Args:
        inputs: a model's input, (rows, max_length) int32 each.
        labels: (rows, max_length) int32: the pieces to guess, -100 elsewhere.
    """

    inputs: dict
    labels: np.ndarray


def held_out_parts(indexes, most, masking, max_length, pad_token_id):
    """Returns {language: HeldOut} of the languages whose rows have a piece to guess.

    Rows are spread evenly over all of a language, and masked once and for all.

    Args:
        indexes: {language: RowIndex}.
        most: rows of a language to take at most.
        masking: a RowMasking.
        max_length: pieces of a row.
        pad_token_id: fills shorter rows.

    Raises:
        InputError: there is nothing to guess at all.
    """
    several = [_spread(index, most) for index in indexes.values()]
    parts = dict(zip(indexes, _masked(several, masking, max_length, pad_token_id), strict=True))
    parts = {code: part for code, part in parts.items() if (part.labels != IGNORED_LABEL).any()}
    if not parts:
        raise InputError("the held-out rows have nothing to guess: all their pieces are special or unknown.")
    return parts


def _spread(index, most):
    """Returns numbers (rows,) of rows spread evenly over all, and their records."""
    count = min(most, len(index))
    rows = np.arange(count, dtype=np.int64) * len(index) // count
    return rows, [index.read(int(row)) for row in rows]


def _masked(several, masking, max_length, pad_token_id):
    """Returns a HeldOut for each (rows, records): all in one pipeline, since each takes a moment to be made."""
    counts = [len(rows) for rows, _ in several]
    rows = np.concatenate([rows for rows, _ in several])
    records = tf.data.Dataset.from_tensor_slices((rows, [record for _, part in several for record in part]))

    def masked(row, record):
        ids = tf.cast(ids_of(record[None]).values, tf.int32)
        return masked_example(masking, ids, tf.stack([FIXED_SEED, row]), max_length, pad_token_id)

    records = untuned(records.map(masked, num_parallel_calls=2, deterministic=True).batch(sum(counts)))
    inputs, labels = tf.nest.map_structure(lambda tensor: tensor.numpy(), records.get_single_element())
    slots = labels != IGNORED_LABEL
    full = np.full((sum(counts), max_length), IGNORED_LABEL, np.int32)
    full[np.nonzero(slots)[0], inputs["masked_positions"][slots]] = labels[slots]
    ends = np.cumsum(counts)[:-1]
    columns = {name: np.split(inputs[name], ends) for name in MODEL_INPUTS}
    return [
        HeldOut({name: columns[name][part] for name in MODEL_INPUTS}, own)
        for part, own in enumerate(np.split(full, ends))
    ]


def evaluate_languages(model, held_out):
    """Returns the mean scores and those of each language.

    Args:
        model: a RemBertForMaskedLM.
        held_out: {language: HeldOut}.

    Returns:
        {"log_likelihood": mean log-probability of the hidden pieces, which decides which model is best: early in a
        training, accuracies are 0; "accuracy": share of pieces that were the likeliest; "perplexity": exp of
        -log_likelihood; each the mean over languages; then "accuracy/de", "perplexity/de" and so on}.
    """
    scores = piece_scores(model)
    found = {language: _score(scores, part) for language, part in held_out.items()}
    accuracies, losses = (np.mean(column) for column in zip(*found.values(), strict=True))
    result = {"log_likelihood": -float(losses), "accuracy": float(accuracies), "perplexity": _perplexity(losses)}
    for language, (accuracy, loss) in found.items():
        result |= {f"accuracy/{language}": accuracy, f"perplexity/{language}": _perplexity(loss)}
    return result


def _score(scores, part):
    """Returns the share of right guesses and the mean log-loss."""
    likeliest, losses = [], []
    for start in range(0, len(part.labels), BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        inputs = {name: tf.constant(values[rows]) for name, values in part.inputs.items()}
        right, loss = scores(inputs, tf.constant(part.labels[rows]))
        likeliest.append(right.numpy())
        losses.append(loss.numpy())
    likeliest, losses = np.concatenate(likeliest), np.concatenate(losses)
    return float(np.mean(likeliest)), float(np.mean(losses, dtype=np.float64))


def _perplexity(loss):
    return float(np.exp(min(float(loss), 700.0)))  # exp of 700 is about the largest float
