"""The batches of a pre-training: rows of all languages, masked anew at every step."""

import contextlib

import numpy as np
import tensorflow as tf

from rembert_tf.datasets import untuned
from rembert_tf.errors import InputError
from rembert_tf.models.labels import IGNORED_LABEL
from rembert_tf.pretraining.row_index import ids_of
from rembert_tf.pretraining.sampling import LanguageSampler, language_shares
from rembert_tf.training.replica_batches import slice_bounds


class PretrainingBatches:
    """Batches of one width, of which each follows from the seed and its number alone.

    So a run that was killed goes on at any step at once, and workers that read different rows of a batch make
    together the batch that one would make.

    Args:
        indexes: {language: RowIndex}.
        exponent: of the language sampling.
        masking: a RowMasking.
        batch_size: rows of a batch, those of all workers together.
        max_length: pieces of a row, its end filled up.
        pad_token_id: fills it.
        steps_per_epoch: batches between two evaluations.
    """

    def __init__(self, indexes, exponent, masking, batch_size, max_length, pad_token_id, steps_per_epoch):
        self.indexes, self.exponent, self.masking = indexes, exponent, masking
        self.batch_size, self.max_length, self.pad_token_id = batch_size, max_length, pad_token_id
        self.steps_per_epoch = steps_per_epoch
        self._problem = None

    @property
    def shares(self):
        """{language: how often its rows are drawn}."""
        shares = language_shares([len(index) for index in self.indexes.values()], self.exponent)
        return dict(zip(self.indexes, map(float, shares), strict=True))

    @contextlib.contextmanager
    def problems_named(self):
        """Within it, an InputError of reading is raised as such, where TensorFlow makes an error of its own of it."""
        try:
            yield
        except tf.errors.OpError:
            if self._problem is None:
                raise
            raise self._problem from None

    def training_dataset(self, epochs, seed, skip_steps=0, worker=0, workers=1):
        """Returns batches of (inputs, labels), endless enough for all epochs in a row.

        Args:
            epochs: groups of `steps_per_epoch` batches.
            seed: decides languages, rows and masks.
            skip_steps: batches to leave out at the start; takes no time.
            worker: which of the slices of each batch, from 0; see `slice_bounds`.
            workers: slices into which each batch is cut.

        Inputs are `input_ids`, `token_type_ids`, `attention_mask` (rows, max_length) and `masked_positions`
        (rows, masks), labels (rows, masks), all int32; unused places of the last two hold 0 and -100.
        """
        sampler = LanguageSampler([len(index) for index in self.indexes.values()], self.exponent, seed)
        first, last = slice_bounds(self.batch_size, worker, workers)

        def read(step):
            places = step * self.batch_size + np.arange(first, last)
            return places, self._records(*sampler(places))

        def records(step):
            places, rows = tf.numpy_function(read, [step], [tf.int64, tf.string], stateful=False)
            return tf.ensure_shape(places, [last - first]), tf.ensure_shape(rows, [last - first])

        steps = tf.data.Dataset.range(skip_steps, epochs * self.steps_per_epoch)
        dataset = steps.map(records).unbatch()
        dataset = dataset.map(
            lambda place, record: self._example(place, record, seed), num_parallel_calls=2, deterministic=True
        )
        dataset = dataset.batch(last - first, drop_remainder=True).prefetch(4)
        count = epochs * self.steps_per_epoch - skip_steps
        return untuned(dataset.apply(tf.data.experimental.assert_cardinality(count)))

    def _records(self, languages, rows):
        indexes = list(self.indexes.values())
        try:
            content = [indexes[language].read(int(row)) for language, row in zip(languages, rows, strict=True)]
        except InputError as problem:
            self._problem = problem
            raise
        return np.array(content, dtype=object)

    def _example(self, place, record, seed):
        ids = tf.cast(ids_of(record[None]).values, tf.int32)
        return masked_example(self.masking, ids, tf.stack([seed, place]), self.max_length, self.pad_token_id)


def masked_example(masking, ids, seed, max_length, pad_token_id):
    """Returns (inputs, labels) of one row, of the shapes that all rows have.

    Args:
        masking: a RowMasking.
        ids: (length,) int32.
        seed: (2,) int64 of the masks.
        max_length: pieces of a row, the row itself at most so long.
        pad_token_id: fills the end.
    """
    hidden, positions, labels = masking(ids, seed)
    inputs = {
        "input_ids": _filled(hidden, pad_token_id, max_length),
        "token_type_ids": tf.zeros([max_length], tf.int32),
        "attention_mask": _filled(tf.ones_like(ids), 0, max_length),
        "masked_positions": _filled(positions, 0, masking.most),
    }
    return inputs, _filled(labels, IGNORED_LABEL, masking.most)


def _filled(values, fill, size):
    return tf.ensure_shape(tf.pad(values, [[0, size - tf.size(values)]], constant_values=fill), [size])
