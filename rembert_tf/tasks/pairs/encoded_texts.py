"""Texts as ids that any batch can be put together from."""

import numpy as np
import tensorflow as tf

from rembert_tf.datasets import untuned
from rembert_tf.tasks.pairs.model_inputs import model_inputs

CHUNK = 1024


class EncodedTexts:
    """Rows of ids, [CLS] a [SEP] or [CLS] a [SEP] b [SEP], made once.

    Grouping rows by length needs every row's number of pieces before the first batch, so all texts are
    tokenized then, in any case. Keeping the ids (5 bytes a piece) leaves gathering and padding for each batch.

    Args:
        tokenizer: a RemBertTokenizerFast.
        texts: list of strings; special tokens that they spell are ordinary text.
        pairs: second texts, or None.
        max_length: pieces of a row, special tokens counted; longer ones are truncated, longest first.
    """

    def __init__(self, tokenizer, texts, pairs, max_length):
        self.pad_token_id = tokenizer.pad_token_id
        columns = (tf.constant(texts, tf.string),)
        columns += () if pairs is None else (tf.constant(pairs, tf.string),)

        def encode(*texts):
            rows = tokenizer(*texts, truncation=True, max_length=max_length, split_special_tokens=True)
            kinds = tf.cast(rows["token_type_ids"].values, tf.int8)
            return rows["input_ids"].values, kinds, rows["input_ids"].row_lengths()

        dataset = untuned(tf.data.Dataset.from_tensor_slices(columns).batch(CHUNK))
        chunks = list(dataset.map(encode, num_parallel_calls=2, deterministic=True).as_numpy_iterator())
        ids, kinds, lengths = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
        self.lengths = lengths
        self._input_ids = tf.RaggedTensor.from_row_lengths(ids, lengths)
        self._token_type_ids = tf.RaggedTensor.from_row_lengths(kinds, lengths)

    def batch(self, rows, width):
        """Returns a model's input for some rows; see `model_inputs`.

        Args:
            rows: (batch,) integers.
            width: pieces that they are padded to.
        """
        kinds = tf.cast(tf.gather(self._token_type_ids, rows), tf.int32)
        return model_inputs(tf.gather(self._input_ids, rows), self.pad_token_id, width, kinds)
