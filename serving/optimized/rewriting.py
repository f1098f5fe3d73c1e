"""TensorFlow's rewriting of graphs, which has nothing left to do where the encoder is in oneDNN operations.

It takes half of the time until the first answer of a graph of 32 layers: most of all for finding patterns to fuse.
"""

import contextlib

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

GRAPH_FILE = "saved_model.pb"
SWITCH = "disable_meta_optimizer"


@contextlib.contextmanager
def graphs_as_they_are():
    """Within it, functions are traced such that whoever runs them leaves their graphs as they are."""
    before = tf.config.optimizer.get_experimental_options()
    tf.config.optimizer.set_experimental_options({**before, SWITCH: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({**before, SWITCH: before.get(SWITCH, False)})


def session_config(path):
    """Returns the ConfigProto for the session that loads a SavedModel: with rewriting as its functions were traced.

    Args:
        path: directory of the SavedModel, local or anything `tf.io.gfile` reads. One that cannot be read is for the
            loader to refuse.
    """
    config = tf.compat.v1.ConfigProto()
    try:
        with tf.io.gfile.GFile(f"{path}/{GRAPH_FILE}", "rb") as file:
            meta_graphs = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs
        calls = [node for meta in meta_graphs for node in meta.graph_def.node if "config_proto" in node.attr]
        traced = tf.compat.v1.ConfigProto.FromString(calls[0].attr["config_proto"].s) if calls else config
    except (tf.errors.OpError, DecodeError):
        return config
    switched_off = traced.graph_options.rewrite_options.disable_meta_optimizer
    config.graph_options.rewrite_options.disable_meta_optimizer = switched_off
    return config
