"""Documents as windows of pieces, each no longer than a model's row."""

import dataclasses

import numpy as np
import tensorflow as tf

from rembert_tf.datasets import untuned
from rembert_tf.errors import InputError

CHUNK = 1024
NO_LINE = -1


@dataclasses.dataclass(frozen=True)
class Windows:
    """Stretches of a long row of ids.

    Args:
        ids: (pieces,) int32, special tokens among them.
        lines: (pieces,) int32: the text that each comes from; NO_LINE for a special token without one.
        starts: (windows,) int64: where each begins.
        sizes: (windows,) int64.
    """

    ids: np.ndarray
    lines: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray

    def gatherer(self, values=None):
        """Returns a function of (batch,) window numbers that returns their values, ragged (batch, None).

        Args:
            values: (pieces,) array, one for each id; None means the ids.
        """
        values = tf.constant(self.ids if values is None else values)
        starts, sizes = tf.constant(self.starts), tf.constant(self.sizes)

        def gather(rows):
            first = tf.gather(starts, rows)
            return tf.gather(values, tf.ragged.range(first, first + tf.gather(sizes, rows)))

        return gather


def separate_windows(tokenizer, lines, max_length):
    """Cuts documents into windows [CLS] pieces [SEP]; each piece is in one of them.

    No window crosses the end of a document. Nothing stands between a document's lines.

    Args:
        tokenizer: a RemBertTokenizerFast.
        lines: TextLines.
        max_length: pieces of a window, special tokens counted.

    Raises:
        InputError: the windows have no room for a piece, or the texts have none.
    """
    room = max_length - 2
    if room < 1:
        raise InputError(f"max_length must be at least 3, not {max_length}.")
    parts = []
    for ids, owners in _documents(tokenizer, lines):
        for start in range(0, len(ids), room):
            part, owner = ids[start : start + room], owners[start : start + room]
            parts.append((_framed(part, tokenizer), _framed_lines(owner, NO_LINE)))
    sizes = np.array([len(part) for part, _ in parts], "int64")
    return _joined(parts, np.cumsum(sizes) - sizes, sizes)


def chained_windows(tokenizer, lines, max_length):
    """Cuts documents, [CLS] pieces [SEP] each, into windows that share one piece with the next.

    What a model predicts in a window is everything but its first piece. So over all windows each piece, and each
    document's end, is predicted once.

    Args:
        tokenizer: a RemBertTokenizerFast.
        lines: TextLines.
        max_length: pieces of a window.

    Raises:
        InputError: the windows have no room for two pieces, or the texts have none.
    """
    if max_length < 2:
        raise InputError(f"max_length must be at least 2, not {max_length}.")
    parts, starts, sizes, before = [], [], [], 0
    for ids, owners in _documents(tokenizer, lines):
        parts.append((_framed(ids, tokenizer), _framed_lines(owners, owners[-1])))
        length = len(ids) + 2
        own = np.arange(0, length - 1, max_length - 1)
        starts.append(before + own)
        sizes.append(np.minimum(max_length, length - own))
        before += length
    return _joined(parts, np.concatenate(starts or [[]]), np.concatenate(sizes or [[]]))


def _joined(parts, starts, sizes):
    if not parts:
        raise InputError("the texts have no pieces that the vocabulary knows how to write.")
    ids, lines = (np.concatenate(columns).astype("int32") for columns in zip(*parts, strict=True))
    return Windows(ids, lines, np.asarray(starts, "int64"), np.asarray(sizes, "int64"))


def _framed(ids, tokenizer):
    return np.concatenate([[tokenizer.cls_token_id], ids, [tokenizer.sep_token_id]])


def _framed_lines(owners, last):
    return np.concatenate([[NO_LINE], owners, [last]])


def _documents(tokenizer, lines):
    """Yields (ids, numbers of their texts) of every document that has pieces."""

    def pieces(texts):
        rows = tokenizer.tokenize_to_ids(texts, split_special_tokens=True)
        return rows.values, rows.row_lengths()

    dataset = untuned(tf.data.Dataset.from_tensor_slices(tf.constant(lines.texts, tf.string)).batch(CHUNK))
    chunks = list(dataset.map(pieces, num_parallel_calls=2, deterministic=True).as_numpy_iterator())
    ids, lengths = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    owners = np.repeat(np.arange(len(lines)), lengths)
    ends = np.flatnonzero(np.diff(lines.documents[owners])) + 1
    for part in np.split(np.arange(len(ids)), ends):
        if len(part):
            yield ids[part], owners[part]
