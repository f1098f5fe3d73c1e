"""Which GELU a stored graph computes, on graphs that TensorFlow itself writes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.checkpoints_tools.graph_activation import activation_in_graph, graph_beside
from rembert_tf.errors import InputError, MissingFileError
from tests.checkpoints_tools.bleurt_folder import CONFIG, random_variables
from tests.checkpoints_tools.bleurt_graph import write_saved_model

ROOT = np.float32((2 / np.pi) ** 0.5)


def _tanh_form(cube):
    return lambda x: 0.5 * x * (1.0 + tf.tanh(ROOT * (x + 0.044715 * cube(x))))


FORMS = {
    "BERT's own": (_tanh_form(lambda x: tf.pow(x, 3)), "gelu_new"),
    "products": (_tanh_form(lambda x: x * x * x), "gelu_new"),
    "square": (_tanh_form(lambda x: x * tf.square(x)), "gelu_new"),
    "factored": (lambda x: 0.5 * x * (1.0 + tf.tanh(ROOT * x * (1.0 + 0.044715 * x * x))), "gelu_new"),
    "tf.nn, tanh": (lambda x: tf.nn.gelu(x, approximate=True), "gelu_new"),
    "tf.nn, erf": (lambda x: tf.nn.gelu(x, approximate=False), "gelu"),
    "keras, tanh": (lambda x: keras.activations.gelu(x, approximate=True), "gelu_new"),
    "keras, erf": (lambda x: keras.activations.gelu(x, approximate=False), "gelu"),
    "erfc": (lambda x: 0.5 * x * tf.math.erfc(-x / np.float32(2**0.5)), "gelu"),
    "relu": (tf.nn.relu, None),
    "tanh alone": (tf.tanh, None),
}


class _Layer(tf.Module):
    """A dense layer with an activation, and a pooler with its tanh."""

    def __init__(self, activation):
        super().__init__()
        self.kernel, self.bias = tf.Variable(tf.ones([4, 4])), tf.Variable(tf.ones([4]))
        self.activation = activation

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
    def __call__(self, x):
        x = self.activation(tf.matmul(x, self.kernel) + self.bias)
        return tf.tanh(tf.nn.bias_add(tf.matmul(x, self.kernel), self.bias)) ** 2


@pytest.mark.parametrize("name", FORMS)
def test_functions_of_a_saved_model(name, tmp_path):
    activation, expected = FORMS[name]
    tf.saved_model.save(_Layer(activation), str(tmp_path))
    assert activation_in_graph(tmp_path / "saved_model.pb").hidden_act == expected


@pytest.mark.parametrize("activation", ["gelu", "gelu_new"])
def test_the_graph_of_an_export_as_bleurt_makes_it(activation, tmp_path):
    write_saved_model(tmp_path / "export", random_variables(), CONFIG, activation)
    found = activation_in_graph(graph_beside(tmp_path / "export"))
    assert found.hidden_act == activation
    assert "2 " in found.seen  # one a block, the pooler's tanh not counted


@pytest.mark.parametrize(("name", "expected"), [(name, expected) for name, (_, expected) in FORMS.items()])
def test_a_training_graph_has_powers_of_its_own(name, expected, tmp_path):
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [None, 4])
        kernel = v1.get_variable("kernel", [4, 4])
        pooled = tf.tanh(tf.matmul(FORMS[name][0](tf.matmul(x, kernel)), kernel))
        step = v1.train.get_or_create_global_step()
        rate = v1.train.polynomial_decay(1e-4, step, 100, power=1.0)
        # BLEURT's loss is a power of a difference, as an optimizer's schedule is a power of a step.
        v1.train.AdamOptimizer(rate).minimize(tf.reduce_mean(tf.pow(pooled - 1.0, 2)), step)
        operations = {operation.type for operation in v1.get_default_graph().get_operations()}
        v1.train.export_meta_graph(str(tmp_path / "model.ckpt-5.meta"))
    assert {"Tanh", "Pow"} <= operations
    assert activation_in_graph(tmp_path / "model.ckpt-5.meta").hidden_act == expected


def test_both_forms_in_one_graph_settle_nothing(tmp_path):
    tf.saved_model.save(_Layer(lambda x: tf.nn.gelu(x) + tf.nn.gelu(x, approximate=True)), str(tmp_path))
    found = activation_in_graph(tmp_path / "saved_model.pb")
    assert found.hidden_act is None
    assert "both" in found.seen


def test_damaged_files_are_refused_wherever_they_end(tmp_path):
    tf.saved_model.save(_Layer(tf.nn.gelu), str(tmp_path / "whole"))
    whole = (tmp_path / "whole/saved_model.pb").read_bytes()
    file = tmp_path / "saved_model.pb"
    for end in (0, 1, 2, 3, 10, 500, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:end])
        with pytest.raises(InputError, match="saved_model.pb"):
            activation_in_graph(file)
    for content in (b"version https://git-lfs.github.com/spec/v1\n", np.random.default_rng(0).bytes(1000)):
        file.write_bytes(content)
        with pytest.raises(InputError, match="saved_model.pb"):
            activation_in_graph(file)
    with pytest.raises(MissingFileError, match="nowhere.meta"):
        activation_in_graph(tmp_path / "nowhere.meta")


def test_the_graph_is_found_beside_the_weights(tmp_path):
    for name in ("export/variables", "steps", "empty"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("export/saved_model.pb", "steps/model.ckpt-5.meta", "steps/model.ckpt-9.meta"):
        (tmp_path / name).touch()
    exported = tmp_path / "export/saved_model.pb"
    assert graph_beside(tmp_path / "export") == exported
    assert graph_beside(tmp_path / "export/variables/variables") == exported
    assert graph_beside(tmp_path / "steps").suffix == ".meta"
    assert graph_beside(str(tmp_path / "steps/model.ckpt-9")) == tmp_path / "steps/model.ckpt-9.meta"
    assert graph_beside(tmp_path / "steps/model.ckpt-7") is None
    assert graph_beside(tmp_path / "empty") is None
