"""Examples as batches of model input, in an order that any step can be reached in again."""

import numpy as np
import tensorflow as tf

from rembert_tf.datasets import untuned
from rembert_tf.tasks.widths import WIDTH_STEP, CloseWidths, FewWidths
from rembert_tf.training.replica_batches import slice_bounds, sliced

# Batches are cut from pools of this many, sorted by length inside: little padding, still random.
POOL = 50
# Tells the random numbers that fill a batch up from those that order an epoch.
FILLING = 1


class Batches:
    """Groups examples of similar length into batches, whose features are computed on the way.

    The order is computed beforehand from a seed, so that any step of any epoch can be reached again.

    Args:
        lengths: (examples,) integers: how long each is, in pieces.
        features: function of (rows,) int64 row numbers and an int64 width that none of them exceeds, traced by
            `tf.data`, that returns what a model takes, padded to this width: inputs, or (inputs, labels).
        batch_size: examples of a batch.
        augment: function of (the step's number, a batch) that returns the batch changed, or None; for
            what is drawn anew in each step of training, such as masks.
        width_step: widths are multiples of this, up to the longest row's.
    """

    def __init__(self, lengths, features, batch_size, augment=None, width_step=WIDTH_STEP):
        self.lengths = np.asarray(lengths)
        self.features = features
        self.batch_size = batch_size
        self.augment = augment
        self.widths = CloseWidths(int(self.lengths.max(initial=0)), width_step)
        self.filled = False

    def make_static(self, max_length):
        """Leaves few shapes for XLA to compile: full batches in training, and widths from a short list.

        The short batch at an epoch's end is filled up with rows of others, which are then seen twice in this epoch.
        Where there are fewer rows than a batch has, all batches are of that size.

        Args:
            max_length: pieces that no row exceeds.
        """
        self.widths = FewWidths(max_length)
        self.filled = True

    def __len__(self):
        return len(self.lengths)

    @property
    def steps_per_epoch(self):
        """Batches in one pass over all examples."""
        return -(-len(self) // self.batch_size)

    def training_dataset(self, epochs, seed, skip_steps=0, worker=0, workers=1):
        """Returns the batches of all epochs in a row, shuffled anew in each.

        Args:
            epochs: passes over the examples.
            seed: decides the order, and with the step's number what `augment` draws.
            skip_steps: batches to leave out at the start.
            worker: which of the slices of each batch, from 0; see `slice_bounds`.
            workers: slices into which each batch is cut.
        """
        order = [batch for epoch in range(epochs) for batch in self._shuffled(seed, epoch)]
        if self.augment is None:
            return self._dataset(order[skip_steps:], worker, workers).prefetch(4)

        # What is drawn for a row depends on its batch: all of it is made, then cut.
        def changed(step, batch):
            return sliced(self.augment(tf.stack([seed, step]), batch), worker, workers)

        dataset = self._dataset(order[skip_steps:]).enumerate(start=skip_steps)
        return dataset.map(changed, num_parallel_calls=2, deterministic=True).prefetch(4)

    def ordered_dataset(self):
        """Returns every example once in batches from long to short, and the examples in that order."""
        order = np.argsort(-self.lengths, kind="stable")
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        return self._dataset(batches).prefetch(4), order

    def _shuffled(self, seed, epoch):
        random = np.random.default_rng([seed, epoch])
        rows = random.permutation(len(self))
        pool = POOL * self.batch_size
        batches = []
        for start in range(0, len(rows), pool):
            part = rows[start : start + pool]
            part = part[np.argsort(self.lengths[part], kind="stable")]
            batches += [part[first : first + self.batch_size] for first in range(0, len(part), self.batch_size)]
        if self.filled:
            batches[-1] = self._filled_up(batches[-1], seed, epoch)
        return [batches[index] for index in random.permutation(len(batches))]

    def _filled_up(self, batch, seed, epoch):
        missing = min(self.batch_size, len(self)) - len(batch)
        others = np.setdiff1d(np.arange(len(self)), batch)
        return np.concatenate([batch, np.random.default_rng([seed, epoch, FILLING]).choice(others, missing, False)])

    def _dataset(self, batches, worker=0, workers=1):
        parts = [batch[slice(*slice_bounds(len(batch), worker, workers))] for batch in batches]
        numbers = np.concatenate(parts).astype("int64") if batches else np.zeros(0, "int64")
        rows = tf.RaggedTensor.from_row_lengths(numbers, [len(part) for part in parts])
        widths = np.array([self.widths(int(self.lengths[batch].max())) for batch in batches], "int64")
        dataset = tf.data.Dataset.from_tensor_slices((rows, widths))
        dataset = dataset.map(self.features, num_parallel_calls=2, deterministic=True)
        return untuned(dataset.apply(tf.data.experimental.assert_cardinality(len(batches))))
