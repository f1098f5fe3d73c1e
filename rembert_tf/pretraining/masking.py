"""Choosing and hiding the pieces to guess, with tensorflow-text's operations.

The shares are BERT's and our choice, since the paper names none: 15 % of a row's pieces, of which 80 % become [MASK],
10 % another piece, and 10 % stay.
"""

import tensorflow as tf
import tensorflow_text as text

from rembert_tf.errors import InputError
from rembert_tf.tasks.language_modeling.masking import MASKED, RANDOM, ordinary_ids, replacements


class RowMasking:
    """Masks a row; what it draws depends on the seed alone, so a row has the same masks in whatever batch it is.

    Args:
        tokenizer: names the special tokens, which are never chosen, and the pieces that replace others.
        rate: share of a row's ordinary pieces to guess, rounded up.
        max_length: pieces of the longest row.

    Raises:
        InputError: the rate is not above 0 and below 1.
    """

    def __init__(self, tokenizer, rate, max_length):
        if not 0 < rate < 1:
            raise InputError(f"mask_rate must be above 0 and below 1, not {rate}.")
        self.rate = rate
        self.most = int(tf.math.ceil(max_length * tf.constant(rate)))  # rounded as tensorflow-text does
        self.special_ids = tokenizer.all_special_ids
        self.mask_token_id = tokenizer.mask_token_id
        self.ordinary_ids = tf.constant(ordinary_ids(tokenizer), tf.int32)

    def __call__(self, ids, seed):
        """Chooses pieces, each equally likely, and hides them.

        Args:
            ids: (length,) int32.
            seed: (2,) integers.

        Returns:
            (length,) int32 ids to read, (masks,) int32 positions of the chosen pieces, rising, and (masks,) int32
            pieces that stood there; at most `most` masks.
        """
        chosen, kinds, others = tf.unstack(tf.random.split(tf.cast(seed, tf.int64), 3))
        selector = text.RandomItemSelector(
            self.most,
            self.rate,
            unselectable_ids=self.special_ids,
            shuffle_fn=lambda places: tf.random.experimental.stateless_shuffle(places, chosen),
        )
        chooser = _SeededValues(self.mask_token_id, self.ordinary_ids, (kinds, others))
        row = tf.RaggedTensor.from_row_lengths(ids, [tf.size(ids, tf.int64)], validate=False)
        hidden, positions, originals = text.mask_language_model(row, selector, chooser)
        return hidden.flat_values, tf.cast(positions.flat_values, tf.int32), originals.flat_values


class _SeededValues(text.MaskValuesChooser):
    """Chooses what stands in the place of a chosen piece; tensorflow-text's own draws without a seed of ours.

    Args:
        mask_token: id of [MASK].
        ordinary_ids: (pieces,) int32 ids that may replace others: tensorflow-text's own takes special ones too.
        seeds: as of `replacements`.
    """

    def __init__(self, mask_token, ordinary_ids, seeds):
        super().__init__(len(ordinary_ids), mask_token, MASKED, RANDOM)
        self.ordinary_ids, self.seeds = ordinary_ids, seeds

    def get_mask_values(self, masked_lm_ids):
        originals = masked_lm_ids.flat_values
        return masked_lm_ids.with_flat_values(replacements(originals, self.seeds, self.mask_token, self.ordinary_ids))
