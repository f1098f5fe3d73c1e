"""Exported graphs spend nothing on padding."""

import numpy as np
import tensorflow as tf

from rembert_tf import RemBertModel
from rembert_tf.serving.options import EmbeddingOptions
from rembert_tf.serving.signatures.embedding import EmbeddingSignatures

ROWS = tf.TensorSpec([None, None], tf.int32)
IDS = np.array([[7, 8, 9, 0, 0], [7, 8, 9, 10, 11]], "int32")
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], "int32")


def test_what_every_signature_calls_leaves_padding_out(text_config, small_tokenizer):
    model = RemBertModel(text_config)
    signatures = EmbeddingSignatures(model, small_tokenizer, 8, EmbeddingOptions())

    def states(ids, mask):
        return model({"input_ids": ids, "attention_mask": mask}, training=False)["last_hidden_state"]

    found, expected = signatures.core(states, ROWS, ROWS)(IDS, MASK).numpy(), states(IDS, MASK).numpy()
    np.testing.assert_allclose(found[MASK > 0], expected[MASK > 0], atol=1e-6)
    # What stands there instead of a state of its own; see `padding_removed`.
    np.testing.assert_array_equal(found[0, 3:], found[0, [0, 0]])
