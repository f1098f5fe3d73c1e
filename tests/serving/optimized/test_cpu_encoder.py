"""A twin with oneDNN's operations computes what the model computes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForCausalLM, RemBertModel
from rembert_tf.layers.activations import ACTIVATION_FUNCTIONS
from rembert_tf.layers.lora import attentions, encoder_of
from rembert_tf.layers.token_layout import padding_removed
from rembert_tf.serving.optimized.cpu_model import cpu_model

# The second row sees nothing, the third a part in its middle.
MASK = np.array([[1, 1, 1, 1, 0], [0, 0, 0, 0, 0], [0, 1, 1, 0, 0]])
IDS = np.random.default_rng(0).integers(1, 50, MASK.shape)


def states(model, inputs):
    """Returns all hidden states of a call inside a graph, as float32."""

    @tf.function(autograph=False)
    def call(inputs):
        return model(inputs, output_hidden_states=True, output_attentions=True)

    outputs = call({name: tf.constant(value) for name, value in inputs.items()})
    return [tf.cast(state, tf.float32).numpy() for state in (*outputs["hidden_states"], *outputs["attentions"])]


@pytest.fixture
def model(small_config):
    keras.utils.set_random_seed(0)
    model = RemBertModel(small_config)
    for variable in model.trainable_variables:  # biases and scales that are no zeros and ones
        variable.assign(variable + 0.1 * np.random.default_rng(1).normal(size=variable.shape))
    return model


def assert_same(model, inputs, atol=1e-5):
    twin = cpu_model(model, "float32")
    for mine, theirs in zip(states(twin, inputs), states(model, inputs), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=atol)


@pytest.mark.parametrize("mask", [None, MASK])
def test_all_states_and_attentions(model, mask):
    assert_same(model, {"input_ids": IDS} if mask is None else {"input_ids": IDS, "attention_mask": mask})


def test_without_padding(model):
    inputs = {"input_ids": IDS, "attention_mask": MASK}
    with padding_removed():
        found = states(cpu_model(model, "float32"), inputs)
    kept = MASK.astype(bool)
    layers = model.config.num_hidden_layers + 1
    for mine, theirs in zip(found[:layers], states(model, inputs)[:layers], strict=True):
        np.testing.assert_allclose(mine[kept], theirs[kept], atol=1e-5)


@pytest.mark.parametrize("shape", [(0, 5), (2, 1)])
def test_no_rows_and_one_position(model, shape):
    assert_same(model, {"input_ids": np.ones(shape, "int32"), "attention_mask": np.ones(shape, "int32")})


@pytest.mark.parametrize("hidden_act", ACTIVATION_FUNCTIONS)
def test_activations(hidden_act, small_config):
    assert_same(RemBertModel(small_config.replace(hidden_act=hidden_act)), {"input_ids": IDS})


def test_epsilon(small_config):
    config = small_config.replace(layer_norm_eps=0.5)
    assert_same(RemBertModel(config), {"input_ids": IDS})


def test_adapters(small_config):
    model = RemBertModel(small_config)
    model.enable_lora(rank=2, targets=("query", "key", "value"))
    for _, attention in attentions(model):
        for adapter in attention.adapters.values():
            adapter.up.assign(np.random.default_rng(0).normal(size=adapter.up.shape))
    assert_same(model, {"input_ids": IDS})


def test_attention_to_another_encoder(small_config):
    model = RemBertModel(small_config.replace(is_decoder=True, add_cross_attention=True))
    seen = np.random.default_rng(0).normal(size=(*IDS.shape, small_config.hidden_size)).astype("float32")
    assert_same(model, {"input_ids": IDS, "encoder_hidden_states": seen})


@pytest.mark.parametrize("lean", [False, True])
def test_bfloat16(model, lean):
    twin = cpu_model(model, "bfloat16", lean)
    for mine, theirs in zip(states(twin, {"input_ids": IDS}), states(model, {"input_ids": IDS}), strict=True):
        assert np.vdot(mine, theirs) > 0.999 * np.linalg.norm(mine) * np.linalg.norm(theirs)


def test_the_model_itself_is_left_alone(model):
    twin = cpu_model(model, "float32")
    assert model.encoder_substitute is None and twin.encoder_substitute is not None
    assert len(twin.weights) == len(model.weights)
    assert not {id(variable) for variable in twin.variables} & {id(variable) for variable in model.variables}


@pytest.mark.slow
def test_generation_goes_on_from_what_the_prompt_left(small_config):
    model = RemBertForCausalLM(small_config.replace(is_decoder=True, initializer_range=0.8))
    prompt = {"input_ids": IDS, "attention_mask": np.array([[1] * 5, [0, 0, 1, 1, 1], [0, 1, 1, 1, 1]])}
    twin = cpu_model(model, "float32")
    assert encoder_of(twin).encoder_substitute is not None
    mine, theirs = (each.generate(prompt, max_new_tokens=6) for each in (twin, model))
    np.testing.assert_array_equal(mine, theirs)
