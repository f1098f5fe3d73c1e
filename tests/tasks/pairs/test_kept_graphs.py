"""Graphs that a model keeps."""

import numpy as np
import tensorflow as tf

from rembert_tf import RemBertModel
from rembert_tf.tasks.pairs.kept_graphs import kept_outputs

INPUTS = {
    "input_ids": tf.constant([[7, 8, 9, 0, 0], [7, 8, 9, 10, 11]]),
    "token_type_ids": tf.zeros((2, 5), tf.int32),
    "attention_mask": tf.constant([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]),
}


def test_a_graph_leaves_padding_out_and_is_made_once(small_config):
    model = RemBertModel(small_config)
    graph = kept_outputs(model)
    states, expected = graph(INPUTS)["last_hidden_state"].numpy(), model(INPUTS)["last_hidden_state"].numpy()
    kept = INPUTS["attention_mask"].numpy() > 0
    np.testing.assert_allclose(states[kept], expected[kept], atol=1e-6)
    # What stands there instead of a state of its own; see `padding_removed`.
    np.testing.assert_array_equal(states[0, 3:], states[0, [0, 0]])
    assert kept_outputs(model) is graph
    assert not np.allclose(model(INPUTS)["last_hidden_state"][0, 3:], states[0, 3:], atol=1e-3)
