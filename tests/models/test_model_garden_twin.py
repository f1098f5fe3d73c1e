"""Model Garden's BERT encoder with an embedding width of its own is RemBERT's: the same weights give the same numbers.

An independent implementation on TensorFlow, of which nothing was taken over. Its classes take tensors, outside
of Keras 3 models.
"""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForMaskedLM, RemBertModel
from rembert_tf.layers.activations import ACTIVATION_FUNCTIONS
from tests.golden import assert_close

pytestmark = pytest.mark.interop
STATES, LOGITS = 2e-5, 1e-4
WIDE = {"vocab_size": 300, "hidden_size": 48, "num_attention_heads": 4, "input_embedding_size": 20}
ARCHITECTURES = {
    "small": {},
    "wide": {**WIDE, "output_embedding_size": 56, "intermediate_size": 100, "num_hidden_layers": 3},
    "three kinds of segments": {"type_vocab_size": 3, "num_attention_heads": 1, "input_embedding_size": 30},
    "tanh": {"hidden_act": "gelu_new"},
}


@pytest.fixture(scope="module")
def garden():
    """The modules `networks` and `layers` of tf-models-official."""
    modeling = pytest.importorskip("official.nlp.modeling", reason="tf-models-official is not installed")
    from official.nlp.modeling import layers, networks

    assert modeling
    return networks, layers


@pytest.fixture(params=ARCHITECTURES)
def config(request, small_config):
    return small_config.replace(**ARCHITECTURES[request.param])


def randomised(model):
    """Returns the model with weights of which none is 0 or 1."""
    random = np.random.default_rng(4)
    for weight in model.weights:
        if "float" in str(weight.dtype):
            weight.assign(random.normal(1.0 if weight.path.endswith("gamma") else 0.0, 0.3, weight.shape))
    return model


def twin_of(encoder, networks, activation=None):
    """Returns a BertEncoderV2 with an encoder's weights; the pooler's are zeros where there is none."""
    config = encoder.config
    twin = networks.BertEncoderV2(
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        num_layers=config.num_hidden_layers,
        num_attention_heads=config.num_attention_heads,
        max_sequence_length=config.max_position_embeddings,
        type_vocab_size=config.type_vocab_size,
        inner_dim=config.intermediate_size,
        inner_activation=activation or ACTIVATION_FUNCTIONS[config.hidden_act],
        embedding_width=config.input_embedding_size,
        output_dropout=0.0,
        attention_dropout=0.0,
    )
    twin(as_theirs(inputs_for(config)))  # builds it
    twin.set_weights(weights_in_their_order(encoder))
    return twin


def weights_in_their_order(encoder):
    """Returns arrays in the order of `BertEncoderV2.get_weights`."""
    tables, blocks = encoder.embeddings, encoder.encoder.blocks
    found = [tables.word_embeddings.embeddings, tables.position_embeddings.embeddings]
    found += [tables.token_type_embeddings.embeddings, tables.layer_norm.gamma, tables.layer_norm.beta]
    found += pair(encoder.encoder.embedding_projection)
    for block in blocks:
        attention, feed_forward = block.attention, block.feed_forward
        for layer in (attention.query, attention.key, attention.value, attention.output_dense):
            found += pair(layer)
        found += [attention.layer_norm.gamma, attention.layer_norm.beta]
        found += [*pair(feed_forward.intermediate_dense), *pair(feed_forward.output_dense)]
        found += [feed_forward.layer_norm.gamma, feed_forward.layer_norm.beta]
    width = encoder.config.hidden_size
    found += [np.zeros((width, width)), np.zeros(width)] if encoder.pooler is None else pair(encoder.pooler)
    return [np.asarray(weight) for weight in found]


def pair(layer):
    return [layer.kernel, layer.bias]


def inputs_for(config, batch=5, length=11):
    random = np.random.default_rng(5)
    mask = (np.arange(length) < random.integers(2, length + 1, (batch, 1))).astype("int32")
    return {
        "input_ids": random.integers(0, config.vocab_size, (batch, length)).astype("int32"),
        "attention_mask": mask,
        "token_type_ids": random.integers(0, config.type_vocab_size, (batch, length)).astype("int32"),
    }


def as_theirs(inputs):
    names = {"input_ids": "input_word_ids", "attention_mask": "input_mask", "token_type_ids": "input_type_ids"}
    return {names[name]: tf.constant(value) for name, value in inputs.items()}


def test_the_encoder(garden, config):
    networks, _ = garden
    encoder, inputs = randomised(RemBertModel(config)), inputs_for(config)
    ours = encoder(inputs, output_hidden_states=True)
    theirs = twin_of(encoder, networks)(as_theirs(inputs))
    assert_close("garden: states", ours["last_hidden_state"], theirs["sequence_output"], STATES)
    assert_close("garden: pooled", ours["pooler_output"], theirs["pooled_output"], STATES)
    layers = zip(ours["hidden_states"][1:], theirs["encoder_outputs"], strict=True)
    for state, their_state in layers:
        assert_close("garden: states", state, their_state, STATES)


def test_the_other_gelu_would_be_noticed(garden, small_config):
    networks, _ = garden
    encoder, inputs = randomised(RemBertModel(small_config)), inputs_for(small_config)
    other = twin_of(encoder, networks, ACTIVATION_FUNCTIONS["gelu_new"])(as_theirs(inputs))["sequence_output"]
    assert np.max(np.abs(encoder(inputs)["last_hidden_state"] - other)) > 20 * STATES


def test_their_own_gelu_is_the_tanh_one(garden, small_config):
    """Their default activation, and what their configurations call "gelu", equals our `gelu_new`."""
    pytest.importorskip("official.modeling.activations")
    from official.modeling.activations import gelu

    networks, _ = garden
    encoder, inputs = randomised(RemBertModel(small_config.replace(hidden_act="gelu_new"))), inputs_for(small_config)
    theirs = twin_of(encoder, networks, gelu)(as_theirs(inputs))["sequence_output"]
    assert_close("garden: states, their gelu", encoder(inputs)["last_hidden_state"], theirs, STATES)


def test_the_language_model_head(garden, config):
    networks, layers = garden
    model, inputs = randomised(RemBertForMaskedLM(config)), inputs_for(config)
    rows, length = inputs["input_ids"].shape
    positions = np.random.default_rng(6).integers(0, length, (rows, 4)).astype("int32")
    head = model.lm_head
    table = tf.Variable(np.asarray(head.decoder.embeddings))
    their_head = layers.MaskedLM(embedding_table=table, activation=ACTIVATION_FUNCTIONS[config.hidden_act])
    states = twin_of(model.rembert, networks)(as_theirs(inputs))["sequence_output"]
    their_head(states, tf.constant(positions))  # builds it
    assign(their_head, head)
    theirs = their_head(states, tf.constant(positions))
    assert_close("garden: logits", model({**inputs, "masked_positions": positions}), theirs, LOGITS)
    everywhere = np.take_along_axis(np.asarray(model(inputs)), positions[:, :, None], axis=1)
    assert_close("garden: logits", everywhere, theirs, LOGITS)


def assign(their_head, head):
    """Gives Model Garden's head the weights of ours; its table is ours already."""
    values = {
        "transform/dense/kernel": head.dense.kernel,
        "transform/dense/bias": head.dense.bias,
        "transform/LayerNorm/gamma": head.layer_norm.gamma,
        "transform/LayerNorm/beta": head.layer_norm.beta,
        "output_bias/bias": head.decoder.bias,
    }
    for variable in their_head.trainable_variables:
        name = next((name for name in values if variable.name.removesuffix(":0").endswith(name)), None)
        if name is not None:
            variable.assign(np.asarray(values.pop(name)))
    assert not values, [variable.name for variable in their_head.variables]
