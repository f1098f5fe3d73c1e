"""Hiding some pieces of a batch in training, so that no single one decides."""

import tensorflow as tf

from rembert_tf.errors import InputError


def mask_in_training(batches, rate, tokenizer):
    """Lets Batches of (inputs, labels) mask pieces in training, others in each step.

    Args:
        batches: Batches that change nothing yet.
        rate: probability of each piece to be replaced, 0 to 1.
        tokenizer: names the special ids.

    Raises:
        InputError: the task changes its batches itself, as masked language models do.
    """
    if batches.augment is not None:
        raise InputError("mask_rate is for tasks that mask nothing themselves.")

    def masked(seed, batch):
        inputs, labels = batch
        return {**inputs, "input_ids": mask_pieces(inputs["input_ids"], rate, seed, tokenizer)}, labels

    batches.augment = masked


def mask_pieces(input_ids, rate, seed, tokenizer):
    """Replaces a share of the pieces by [MASK]; [CLS], [SEP] and padding stay.

    Args:
        input_ids: (batch, length) int32.
        rate: probability of each piece to be replaced, 0 to 1.
        seed: (2,) integers that alone decide which.
        tokenizer: names the special ids.

    Returns:
        (batch, length) int32.
    """
    kept = [tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id]
    is_kept = tf.reduce_any(input_ids[..., None] == tf.constant(kept, input_ids.dtype), axis=-1)
    chosen = tf.random.stateless_uniform(tf.shape(input_ids), seed) < rate
    return tf.where(chosen & ~is_kept, tf.cast(tokenizer.mask_token_id, input_ids.dtype), input_ids)
