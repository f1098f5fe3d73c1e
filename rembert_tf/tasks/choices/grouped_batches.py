"""Batches in which all examples have the same number of choices."""

import numpy as np

from rembert_tf.tasks.batches import Batches


class GroupedBatches(Batches):
    """Batches that never mix groups, so that none needs an empty choice that would get a share of the softmax.

    Args:
        groups: (examples,) integers: the group of each.
        lengths: as of Batches.
        features: as of Batches.
        batch_size: as of Batches.
    """

    def __init__(self, groups, lengths, features, batch_size):
        super().__init__(lengths, features, batch_size)
        rows = [np.flatnonzero(np.asarray(groups) == group) for group in np.unique(groups)]
        self._parts = [(part, Batches(self.lengths[part], None, batch_size)) for part in rows]

    def make_static(self, max_length):
        """Fills up each group's short batch; see `Batches.make_static`."""
        super().make_static(max_length)
        for _, part in self._parts:
            part.make_static(max_length)

    @property
    def steps_per_epoch(self):
        """Batches in one pass over all examples."""
        return sum(part.steps_per_epoch for _, part in self._parts)

    def ordered_dataset(self):
        """Returns every example once, group after group, and the examples in that order."""
        batches = []
        for rows, part in self._parts:
            order = rows[np.argsort(-part.lengths, kind="stable")]
            batches += [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        return self._dataset(batches).prefetch(4), np.concatenate(batches)

    def _shuffled(self, seed, epoch):
        batches = [rows[batch] for rows, part in self._parts for batch in part._shuffled(seed, epoch)]
        order = np.random.default_rng([seed, epoch, len(self._parts)]).permutation(len(batches))
        return [batches[index] for index in order]
