"""Choosing the pieces that a masked language model has to guess.

The shares are BERT's: 15 % of the pieces, of which 80 % become [MASK], 10 % another piece, and 10 % stay. RemBERT's
paper names none.
"""

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.models.labels import IGNORED_LABEL

MASKED, RANDOM = 0.8, 0.1


class Masking:
    """Masks batches; what it draws depends on the seed alone.

    Args:
        tokenizer: names the special tokens, which are never chosen, and the pieces that replace others.
        rate: share of a row's ordinary pieces to guess; at least one piece where a row has any.

    Raises:
        InputError: the rate is not above 0 and below 1.
    """

    def __init__(self, tokenizer, rate=0.15):
        if not 0 < rate < 1:
            raise InputError(f"mask_rate must be above 0 and below 1, not {rate}.")
        self.rate = rate
        self.mask_token_id = tokenizer.mask_token_id
        self.special_ids = tf.constant(tokenizer.all_special_ids, tf.int32)
        self.ordinary_ids = tf.constant(ordinary_ids(tokenizer), tf.int32)

    def __call__(self, input_ids, seed):
        """Chooses pieces, each equally likely, and hides them.

        Args:
            input_ids: (batch, length) int32.
            seed: (2,) integers.

        Returns:
            (batch, length) int32 ids to read; (batch, masks) int32 positions of the chosen pieces, 0 in unused slots;
            (batch, masks) int32 pieces that stood there, -100 in unused slots.
        """
        chances, kinds, others = tf.unstack(tf.random.split(tf.cast(seed, tf.int32), 3))
        special = tf.reduce_any(input_ids[..., None] == self.special_ids, axis=-1)
        ordinary = tf.reduce_sum(tf.cast(~special, tf.float32), axis=1)
        counts = tf.cast(tf.maximum(tf.round(self.rate * ordinary), tf.minimum(ordinary, 1.0)), tf.int32)
        draw = tf.random.stateless_uniform(tf.shape(input_ids), chances)
        order = tf.argsort(tf.where(special, 2.0, draw), axis=1)
        # As many slots as the row's length has pieces to guess: shapes that XLA compiles for follow from it alone.
        length = tf.cast(tf.shape(input_ids)[1], tf.float32)
        slots = tf.range(tf.cast(tf.maximum(tf.round(self.rate * length), 1.0), tf.int32))
        used = slots[None, :] < counts[:, None]
        positions = tf.where(used, tf.gather(order, slots, axis=1), 0)
        originals = tf.gather(input_ids, positions, axis=1, batch_dims=1)
        replaced = replacements(originals, (kinds, others), self.mask_token_id, self.ordinary_ids)
        hidden = tf.boolean_mask(replaced, used)
        places = tf.stack([tf.where(used)[:, 0], tf.cast(tf.boolean_mask(positions, used), tf.int64)], axis=1)
        masked_ids = tf.tensor_scatter_nd_update(input_ids, places, hidden)
        return masked_ids, positions, tf.where(used, originals, IGNORED_LABEL)


def replacements(originals, seeds, mask_token_id, ordinary_ids):
    """Draws what stands in the place of chosen pieces.

    Args:
        originals: int32 ids of the chosen pieces, of any shape.
        seeds: two (2,) seeds: of what becomes of a piece, and of the pieces that replace others.
        mask_token_id: id of [MASK].
        ordinary_ids: (pieces,) int32 ids that may replace others.

    Returns:
        int32 ids of the same shape.
    """
    kind = tf.random.stateless_uniform(tf.shape(originals), seeds[0])
    number = tf.random.stateless_uniform(tf.shape(originals), seeds[1], 0, tf.size(ordinary_ids), dtype=tf.int32)
    replaced = tf.where(kind < MASKED + RANDOM, tf.gather(ordinary_ids, number), originals)
    return tf.where(kind < MASKED, mask_token_id, replaced)


def ordinary_ids(tokenizer):
    """Returns the ids of pieces that stand for text: no special tokens, control, unused or byte pieces."""
    processor = tokenizer.vocabulary.processor
    special = set(tokenizer.all_special_ids)
    other = (processor.is_control, processor.is_unknown, processor.is_unused, processor.is_byte)
    return [
        number
        for number in range(processor.get_piece_size())
        if number not in special and not any(is_other(number) for is_other in other)
    ]
