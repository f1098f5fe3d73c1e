"""The audit of exports finds what it is for, and the C library refuses it."""

import keras
import pytest
import tensorflow as tf
import tensorflow_text as text_ops

from rembert_tf.serving.optimized.onednn_operations import softmax
from tests.serving.c_api.graph_audit import ONEDNN, faults
from tests.serving.c_api.test_c_api import c_library, questions


def lengths(text):
    return tf.cast(tf.strings.length(text), tf.float32)


def on_a_gpu(text):
    with tf.device("/device:GPU:0"):
        return lengths(text)


def with_python(text):
    return tf.ensure_shape(tf.numpy_function(len, [text], tf.int64), [])[tf.newaxis]


OUTPUT = "y of the signature serving_default"
FAULTY = {
    "python": (lambda text: tf.cast(with_python(text), tf.int32) + tf.strings.length(text), "PyFunc is linked"),
    "xla operation": (
        lambda text: keras.ops.slice_update(lengths(text), (0,), [1.0]),
        "XlaDynamicUpdateSlice is linked",
    ),
    "xla function": (lambda text: tf.function(tf.negative, jit_compile=True)(lengths(text)), "must be compiled by XLA"),
    "text operation": (lambda text: text_ops.normalize_utf8(text), "NormalizeUTF8 is linked into no"),
    "on a gpu": (on_a_gpu, "is bound to /device:GPU:0"),
    "ragged": (tf.strings.split, f"{OUTPUT} is not one dense tensor"),
    "scalar": (tf.size, f"{OUTPUT} has no dimension for the batch"),
    "fixed batch": (lambda text: tf.ensure_shape(lengths(text), [3]), f"{OUTPUT} has a fixed batch size"),
    "half": (lambda text: tf.cast(lengths(text), tf.bfloat16), f"{OUTPUT} has the type bfloat16"),
}


@pytest.fixture(scope="module")
def save(tmp_path_factory):
    """Writes a SavedModel with one signature."""

    def save(function, module=None, dtype=tf.string):
        path = tmp_path_factory.mktemp("faulty") / "1"
        serve = tf.function(lambda text: {"y": function(text)}, autograph=False)
        signature = serve.get_concrete_function(tf.TensorSpec([None], dtype, name="text"))
        tf.saved_model.save(module or tf.Module(), str(path), signatures={"serving_default": signature})
        return path

    return save


@pytest.mark.parametrize("name", FAULTY)
def test_every_fault_is_found(name, save):
    function, said = FAULTY[name]
    found = faults(save(function))
    assert found
    assert all(said in fault for fault in found)


def test_ids_are_no_input(save):
    assert faults(save(tf.negative, dtype=tf.int32)) == ["text of the signature serving_default has the type int32."]


def test_operations_of_onednn_belong_into_optimized_exports(save):
    path = save(lambda text: softmax(lengths(text)[:, tf.newaxis])[:, 0])
    assert faults(path) == ["_MklSoftmax is linked into no TensorFlow Serving 2.19."]
    missing = sorted(ONEDNN - {"_MklSoftmax"})
    assert faults(path, optimized=True) == [f"{operation} is missing." for operation in missing]


def test_what_has_no_fault_has_none(save):
    assert faults(save(lengths)) == []


def test_a_forgotten_variable_is_found(save):
    module = tf.Module()
    module.used, module.forgotten = tf.Variable(2.0, name="used"), tf.Variable([3.0, 4.0], name="forgotten")
    path = save(lambda text: module.used * lengths(text), module)
    assert faults(path) == ["the variable forgotten is stored, but no signature needs it."]


def test_a_weight_stored_twice_is_found(tmp_path):
    model = keras.Sequential([keras.layers.Input([2]), keras.layers.Dense(1, name="dense")])
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", model.call, input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    archive.write_out(str(tmp_path / "1"), verbose=False)
    assert any("dense/kernel is stored, but no signature needs it" in fault for fault in faults(tmp_path / "1"))


@pytest.mark.slow
def test_the_c_library_refuses_what_a_server_refuses(save):
    refused = {"xla function": "XLA compilation disabled", "text operation": "Op type not registered"}
    asked = [next(iter(questions(save(FAULTY[name][0]))))[-1] for name in refused]
    for found, expected in zip(c_library(asked), refused.values(), strict=True):
        assert isinstance(found, str) and expected in found
