"""Sentences as rows of pieces: long ones split between words, so that nothing is dropped."""

import dataclasses

import numpy as np

from rembert_tf.errors import InputError

# [CLS] and [SEP].
SPECIAL_TOKENS = 2
# Sentences that are tokenized at a time: enough to keep TensorFlow busy, and little memory.
CHUNK = 1024


@dataclasses.dataclass(frozen=True)
class Windows:
    """Rows of pieces, each a sentence or a part of one, in the sentences' order.

    Args:
        ids: list of (pieces,) int32 arrays, with [CLS] and [SEP].
        starts: list of (words,) integer arrays: where in the row each word's first piece is.
        sentences: (windows,) the sentence that a window belongs to.
    """

    ids: list
    starts: list
    sentences: np.ndarray

    def __len__(self):
        return len(self.ids)

    @property
    def lengths(self):
        """(windows,) pieces of each row."""
        return np.array([len(row) for row in self.ids], "int64")

    def joined(self, values):
        """Puts what was found for the words of windows together by sentence.

        Args:
            values: for each window a list with an entry a word.

        Returns:
            For each sentence a list with an entry a word.
        """
        sentences = [[] for _ in range(self.sentences.max(initial=-1) + 1)]
        for sentence, part in zip(self.sentences, values, strict=True):
            sentences[sentence].extend(part)
        return sentences


def make_windows(tokenizer, sentences, max_length):
    """Tokenizes sentences once and splits those that are too long.

    Ids are computed here and kept, rather than on the way in `tf.data`: where a sentence is split depends on
    its pieces, so they are needed before the first batch anyway, and epochs then cost no tokenizing at all.

    Args:
        tokenizer: a RemBertTokenizerFast.
        sentences: list of lists of words.
        max_length: pieces of a row, special tokens counted.

    Returns:
        Windows.

    Raises:
        InputError: `max_length` leaves no room for a piece.
    """
    if max_length <= SPECIAL_TOKENS:
        raise InputError(f"max_length must be at least {SPECIAL_TOKENS + 1} ([CLS], a piece, [SEP]), not {max_length}.")
    ids, starts, owners = [], [], []
    for first in range(0, len(sentences), CHUNK):
        encoded = tokenizer.encode_words(sentences[first : first + CHUNK])
        splits = encoded["input_ids"].row_splits.numpy()
        pieces, words = encoded["input_ids"].values.numpy(), encoded["word_ids"].values.numpy()
        for offset, (begin, end) in enumerate(zip(splits[:-1], splits[1:], strict=True)):
            for row, row_starts in _rows(pieces[begin:end], words[begin:end], max_length):
                ids.append(row)
                starts.append(row_starts)
                owners.append(first + offset)
    return Windows(ids, starts, np.array(owners, "int64"))


def split_between_words(pieces, budget):
    """Splits a sentence into as few windows as its words' order allows, each filled from the left.

    As XTREME's `utils_preprocess.py` does. A word longer than a window counts as one that fills it.

    Args:
        pieces: list with the number of pieces of each word.
        budget: pieces of a window.

    Returns:
        List of (first word, word after the last) of each window.
    """
    windows, first, filled = [], 0, 0
    for word, count in enumerate(pieces):
        count = min(count, budget)
        if filled + count > budget:
            windows.append((first, word))
            first, filled = word, 0
        filled += count
    return [*windows, (first, len(pieces))]


def _rows(ids, word_ids, max_length):
    """Yields (ids, starts) of each window of a sentence, which is given with its special tokens."""
    # A word's first piece is where the number of the word changes; the [SEP] at the end is no word.
    starts = np.flatnonzero(word_ids[1:-1] != word_ids[:-2]) + 1
    if len(ids) <= max_length:
        yield ids, starts
        return
    ends = np.append(starts[1:], len(ids) - 1)
    budget = max_length - SPECIAL_TOKENS
    for first, last in split_between_words((ends - starts).tolist(), budget):
        # XTREME replaces a word longer than a window by the unknown token; its first pieces say more.
        inner = ids[starts[first] : min(ends[last - 1], starts[first] + budget)]
        yield np.concatenate([ids[:1], inner, ids[-1:]]), starts[first:last] - starts[first] + 1
