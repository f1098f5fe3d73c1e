"""Texts as batches of model input: `tf.data` with the tokenizer in its graph."""

import numpy as np
import tensorflow as tf

from rembert_tf.tasks.piece_masking import mask_pieces

# Batches are cut from pools of this many, sorted by length inside: little padding, still random.
POOL = 50
LENGTH_CHUNK = 4096


class TextBatches:
    """Groups texts of similar length into batches and tokenizes them on the way.

    The order is computed beforehand from a seed, so that any step of any epoch can be reached again.

    Args:
        tokenizer: a RemBertTokenizerFast.
        texts: list of strings.
        pairs: second texts, or None.
        labels: (rows, ...) array, or None.
        batch_size: rows of a batch.
        max_length: pieces of a row, special tokens counted; longer ones are truncated, longest first.
    """

    def __init__(self, tokenizer, texts, pairs=None, labels=None, batch_size=32, max_length=128):
        self.tokenizer = tokenizer
        self.texts = tf.constant(texts, tf.string)
        self.pairs = None if pairs is None else tf.constant(pairs, tf.string)
        self.labels = None if labels is None else tf.constant(labels)
        self.batch_size = batch_size
        self.max_length = max_length
        self.lengths = self._lengths()

    def __len__(self):
        return len(self.lengths)

    @property
    def steps_per_epoch(self):
        """Batches in one pass over all rows."""
        return -(-len(self) // self.batch_size)

    def training_dataset(self, epochs, seed, skip_steps=0, mask_rate=0.0):
        """Returns `(inputs, labels)` batches of all epochs in a row, shuffled anew in each.

        Args:
            epochs: passes over the rows.
            seed: decides the order, and together with the step which pieces are masked.
            skip_steps: batches to leave out at the start.
            mask_rate: probability of each piece to become [MASK], drawn anew in each step.
        """
        order = [batch for epoch in range(epochs) for batch in self._shuffled(seed, epoch)]
        dataset = self._dataset(order[skip_steps:])
        if not mask_rate:
            return dataset

        def masked(step, batch):
            inputs, labels = batch
            ids = mask_pieces(inputs["input_ids"], mask_rate, tf.stack([seed, step]), self.tokenizer)
            return {**inputs, "input_ids": ids}, labels

        return dataset.enumerate(start=skip_steps).map(masked, num_parallel_calls=2, deterministic=True)

    def ordered_dataset(self):
        """Returns every row once in batches from long to short, and the rows in that order."""
        order = np.argsort(-self.lengths, kind="stable")
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        return self._dataset(batches), order

    def _lengths(self):
        """Returns each row's length in pieces after truncation."""
        count = int(tf.size(self.texts))
        chunks = [tf.range(start, min(start + LENGTH_CHUNK, count)) for start in range(0, count, LENGTH_CHUNK)]
        return np.concatenate([self._encode(rows, padding=False)["input_ids"].row_lengths() for rows in chunks])

    def _encode(self, rows, padding):
        return self.tokenizer(
            tf.gather(self.texts, rows),
            None if self.pairs is None else tf.gather(self.pairs, rows),
            padding=padding,
            truncation=True,
            max_length=self.max_length,
            split_special_tokens=True,
        )

    def _shuffled(self, seed, epoch):
        random = np.random.default_rng([seed, epoch])
        rows = random.permutation(len(self))
        pool = POOL * self.batch_size
        batches = []
        for start in range(0, len(rows), pool):
            part = rows[start : start + pool]
            part = part[np.argsort(self.lengths[part], kind="stable")]
            batches += [part[first : first + self.batch_size] for first in range(0, len(part), self.batch_size)]
        return [batches[index] for index in random.permutation(len(batches))]

    def _dataset(self, batches):
        rows = tf.RaggedTensor.from_row_lengths(
            np.concatenate(batches).astype("int64"), [len(batch) for batch in batches]
        )

        def features(batch):
            inputs = self._encode(batch, padding="longest")
            return inputs if self.labels is None else (inputs, tf.gather(self.labels, batch))

        dataset = tf.data.Dataset.from_tensor_slices(rows).map(features, num_parallel_calls=2, deterministic=True)
        return dataset.prefetch(4).apply(tf.data.experimental.assert_cardinality(len(batches)))
