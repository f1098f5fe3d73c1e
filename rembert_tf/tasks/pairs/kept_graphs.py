"""Graphs of a model for batches of any size, traced once."""

import tensorflow as tf

from rembert_tf.layers.lora import adapter_settings
from rembert_tf.layers.token_layout import padding_removed


def kept_graph(model, name, function, signature):
    """Returns a function as a graph, the one of an earlier call where there is one.

    `model.predict` compiles with XLA, and again for every new shape of a batch; here shapes are left open, and
    encoders leave padding out (see `padding_removed`).

    Args:
        model: what the graph computes with; it also keeps the graph.
        name: tells a model's graphs apart.
        function: of tensors.
        signature: list of its arguments' specs.
    """
    # Not an attribute that Keras would track.
    graphs = vars(model).setdefault("_kept_graphs", {})
    # Another vocabulary or adapters bring other variables.
    key = (name, model.config.vocab_size, adapter_settings(model))
    if key not in graphs:
        graphs[key] = tf.function(padding_removed()(function), input_signature=signature, autograph=False)
    return graphs[key]


def kept_outputs(model, rank=2):
    """Returns a model's call as a graph, see `kept_graph`: from inputs as in `input_signature` to what it returns."""
    return kept_graph(model, f"outputs_{rank}", lambda inputs: model(inputs, training=False), [input_signature(rank)])


def input_signature(rank=2):
    """Returns the specs of `input_ids`, `token_type_ids` and `attention_mask`, int32.

    Args:
        rank: 2 for (batch, length), 3 for (batch, choices, length).
    """
    names = ("input_ids", "token_type_ids", "attention_mask")
    return {name: tf.TensorSpec([None] * rank, tf.int32) for name in names}
