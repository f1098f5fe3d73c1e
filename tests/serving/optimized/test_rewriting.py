"""Optimized graphs are loaded as they are; others are rewritten as TensorFlow does by itself."""

import keras
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.serving import export_saved_model
from rembert_tf.serving.optimized.rewriting import GRAPH_FILE, SWITCH, graphs_as_they_are, session_config
from rembert_tf.serving.server.servable import Servable

FORMS = {"plain": None, "optimized": "cpu"}


@pytest.fixture(scope="module")
def exports(text_config, small_tokenizer, tmp_path_factory):
    keras.utils.set_random_seed(0)
    model, folder = RemBertForSequenceClassification(text_config), tmp_path_factory.mktemp("rewriting")
    arguments = {"max_length": 16, "warmup": False, "check": False, "dtype": "float32"}
    return {
        form: export_saved_model(model, small_tokenizer, folder / form, optimize=optimize, **arguments)
        for form, optimize in FORMS.items()
    }


def switched_off(config):
    return config.graph_options.rewrite_options.disable_meta_optimizer


def test_the_server_loads_an_optimized_graph_as_it_is(exports):
    assert switched_off(session_config(exports["optimized"]))
    assert not switched_off(session_config(exports["plain"]))


def test_so_does_whoever_instantiates_its_functions(exports):
    found = {}
    for form, path in exports.items():
        graph = saved_model_pb2.SavedModel.FromString((path / GRAPH_FILE).read_bytes()).meta_graphs[0].graph_def
        nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
        configs = {node.attr["config_proto"].s for node in nodes if node.op == "StatefulPartitionedCall"}
        signatures = [function.signature.name for function in graph.library.function]
        assert sum("shared" in name for name in signatures) == 1, "the model's graph is there once"
        found[form] = {switched_off(tf.compat.v1.ConfigProto.FromString(config)) for config in configs}
    assert True in found["optimized"]
    assert found["plain"] == {False}


@pytest.mark.parametrize(("optimize", "kept"), [("cpu", True), ("cpu-lean", False)])
def test_copies_of_weights(optimize, kept, text_config, small_tokenizer, tmp_path):
    model = RemBertForSequenceClassification(text_config)
    arguments = {"max_length": 16, "warmup": False, "check": False, "dtype": "bfloat16"}
    path = export_saved_model(model, small_tokenizer, tmp_path, optimize=optimize, **arguments)
    graph = saved_model_pb2.SavedModel.FromString((path / GRAPH_FILE).read_bytes()).meta_graphs[0].graph_def
    nodes = [node for function in graph.library.function for node in function.node_def]
    assert {node.attr["is_filter_const"].b for node in nodes if node.op == "_MklNativeFusedMatMul"} == {kept}


def test_both_answer_alike_in_the_server(exports):
    answers = {}
    for form, path in exports.items():
        servable = Servable(path, 1)
        signature = servable.signatures["serving_default"]
        feeds = {signature.inputs["text"].name: [b"Guten Tag", b"", b"a b c"]}
        answers[form] = servable.run(feeds, [signature.outputs["probabilities"].name])[0]
        servable.close()
    assert answers["optimized"] == pytest.approx(answers["plain"], abs=1e-5)


def test_the_switch_is_turned_back():
    before = tf.config.optimizer.get_experimental_options().get(SWITCH, False)
    with pytest.raises(KeyError), graphs_as_they_are():
        assert tf.config.optimizer.get_experimental_options()[SWITCH]
        raise KeyError
    assert tf.config.optimizer.get_experimental_options().get(SWITCH, False) == before


@pytest.mark.parametrize("content", [None, b"", b"\xff not a graph"])
def test_what_cannot_be_read_is_left_to_the_loader(content, tmp_path):
    if content is not None:
        (tmp_path / GRAPH_FILE).write_bytes(content)
    assert not switched_off(session_config(tmp_path))
