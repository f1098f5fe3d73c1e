"""What every explanation is about: a row of pieces, and the number whose causes are looked for."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError

SPECIAL = ("cls_token_id", "sep_token_id", "mask_token_id")


@dataclasses.dataclass(frozen=True)
class ExplainedRow:
    """A row of pieces as the model reads it, and its score.

    Args:
        ids: (length,) int32.
        token_type_ids: (length,) int32.
        score: function of word vectors (rows, length, input_embedding_size) float32, which returns (rows,)
            float32; None where only attention can be shown.
        about: what the score is, in words.
    """

    ids: np.ndarray
    token_type_ids: np.ndarray
    score: Callable | None
    about: str = ""

    def inputs(self, vectors=None):
        """Returns the model input of this row, or of rows (rows, length, width) of word vectors in its place."""
        return row_inputs(self.ids, self.token_type_ids, vectors)


def row_inputs(ids, token_type_ids, vectors=None):
    """Returns model input; arguments as of `ExplainedRow`.

    Args:
        ids: (length,) int32.
        token_type_ids: (length,) int32.
        vectors: (rows, length, input_embedding_size) float32, or None for the ids' own.
    """
    rows = 1 if vectors is None else tf.shape(vectors)[0]
    words = {"input_ids": ids[np.newaxis]} if vectors is None else {"inputs_embeds": vectors}
    shape = [rows, len(ids)]
    types = tf.broadcast_to(tf.constant(token_type_ids, tf.int32), shape)
    return {**words, "token_type_ids": types, "attention_mask": tf.ones(shape, tf.int32)}


def encoded_row(tokenizer, *texts, max_length, split_special_tokens=True):
    """Returns ids (length,) and token_type_ids (length,) of a text or a pair, as an export encodes them.

    Args:
        tokenizer: a RemBertTokenizerFast.
        *texts: one or two strings.
        max_length: pieces of a row.
        split_special_tokens: as of the tokenizer.
    """
    encoded = tokenizer(
        *[tf.constant([text]) for text in texts],
        padding="longest",
        truncation=True,
        max_length=max_length,
        split_special_tokens=split_special_tokens,
    )
    return encoded["input_ids"][0].numpy(), encoded["token_type_ids"][0].numpy()


def log_odds(logits, chosen):
    """Returns (rows,) float32: log(p / (1 - p)) of a class, or of its logit alone where there is no other.

    Args:
        logits: (rows, classes).
        chosen: number of the class.
    """
    logits = tf.cast(logits, tf.float32)
    if logits.shape[1] == 1:
        return logits[:, 0]
    others = tf.concat([logits[:, :chosen], logits[:, chosen + 1 :]], axis=1)
    return logits[:, chosen] - tf.reduce_logsumexp(others, axis=1)


def text_of(inputs, name):
    """Returns an input that must be a string.

    Args:
        inputs: what a request holds.
        name: of the input.

    Raises:
        InputError: it is missing or no text.
    """
    value = inputs.get(name)
    if not isinstance(value, str):
        raise InputError(f"{name} must be a string, not {value!r:.60}.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"{name} must be text: it holds half of a surrogate pair.") from error
    return value


def number_of(target, name, below, default=None):
    """Returns an entry of the target that must be an integer from 0 to `below` - 1.

    Args:
        target: what a request holds.
        name: of the entry.
        below: how many there are.
        default: where the entry is missing; None where it must be there.

    Raises:
        InputError: it is missing, something else, or out of range.
    """
    value = target.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < below:
        raise InputError(f"target.{name} must be an integer from 0 to {below - 1}, not {value!r:.60}.")
    return value
