"""Leaving padding out changes nothing that is read."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rembert_tf import RemBertModel
from rembert_tf.layers.token_layout import PackedLayout, PaddedLayout, encoder_layout, padding_removed
from tests.golden import STATES, assert_close, cases, model_directory
from tests.models.family import FAMILY, outputs_of

ROWS, LENGTH = 6, 9
RANDOM = np.random.default_rng(3)
# Rows in which everything is kept, nothing, the end, the beginning, and what has holes.
MASK = np.array(
    [
        [1] * LENGTH,
        [0] * LENGTH,
        [0] * 5 + [1] * 4,
        [1] * 3 + [0] * 6,
        [1, 0, 0, 1, 1, 0, 1, 0, 1],
        [0, 1, 0, 0, 0, 0, 0, 0, 0],
    ]
)
MASKS = {
    "every kind of row": MASK,
    "random": RANDOM.integers(0, 2, (ROWS, LENGTH)),
    "everything kept": np.ones((ROWS, LENGTH), int),
    "nothing kept": np.zeros((ROWS, LENGTH), int),
}
IDS = RANDOM.integers(1, 50, (ROWS, LENGTH))
KINDS = RANDOM.integers(0, 2, (ROWS, LENGTH))
WEIGHTS = RANDOM.normal(size=(ROWS, LENGTH, 12)).astype("float32")


def must_be_right(mask):
    """Returns (batch, length) bool: the positions that packing promises."""
    mask = np.asarray(mask) != 0
    first = np.arange(mask.shape[1]) == 0
    return mask | first | ~mask.any(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def encoder(small_config):
    keras.utils.set_random_seed(0)
    return RemBertModel(small_config)


def inputs_of(mask):
    return {"input_ids": IDS, "token_type_ids": KINDS, "attention_mask": mask}


def both(model, inputs, **options):
    """Returns what a call returns without padding, and with it."""
    with padding_removed():
        packed = model(inputs, **options)
    return packed, model(inputs, **options)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_states_and_attentions_are_those_of_a_padded_batch(encoder, mask):
    packed, padded = both(encoder, inputs_of(mask), output_hidden_states=True, output_attentions=True)
    right = must_be_right(mask)
    np.testing.assert_allclose(packed["pooler_output"], padded["pooler_output"], atol=1e-6)
    for ours, theirs in zip(packed["hidden_states"], padded["hidden_states"], strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours.numpy()[right], theirs.numpy()[right], atol=1e-6)
    for ours, theirs in zip(packed["attentions"], padded["attentions"], strict=True):
        by_query = [np.moveaxis(each.numpy(), 1, 2)[right] for each in (ours, theirs)]
        # In a row with a kept position no weight falls on others, whatever stands there.
        np.testing.assert_allclose(*by_query, atol=1e-6)


def test_other_positions_repeat_their_sequences_first(encoder):
    states = both(encoder, inputs_of(MASK))[0]["last_hidden_state"].numpy()
    row, position = np.nonzero(~must_be_right(MASK))
    assert row.size
    np.testing.assert_array_equal(states[row, position], states[row, 0])


def test_only_what_is_read_is_a_token():
    layout = PackedLayout(ROWS, LENGTH, ops.convert_to_tensor(MASK))
    places = ops.convert_to_tensor(np.arange(ROWS * LENGTH).reshape(ROWS, LENGTH))
    tokens = layout.to_tokens(places).numpy()
    np.testing.assert_array_equal(tokens, np.flatnonzero(must_be_right(MASK)))
    np.testing.assert_array_equal(layout.first_tokens(layout.to_tokens(places)), np.arange(ROWS) * LENGTH)


@pytest.mark.parametrize("dtype", ["bool", "int64", "float32", "float16"])
def test_a_mask_of_any_dtype(encoder, dtype):
    halves = MASK.astype(dtype) if dtype == "bool" else (MASK * 0.5 if "float" in dtype else -MASK).astype(dtype)
    with padding_removed():
        ours, expected = (encoder(inputs_of(mask))["last_hidden_state"] for mask in (halves, MASK))
    np.testing.assert_array_equal(ours, expected)


def test_embeddings_and_positions_as_inputs(encoder):
    embeds = RANDOM.normal(size=(ROWS, LENGTH, 8)).astype("float32")
    positions = np.arange(LENGTH)[None, ::-1]
    packed, padded = both(encoder, {"inputs_embeds": embeds, "position_ids": positions, "attention_mask": MASK})
    right = must_be_right(MASK)
    ours, theirs = (each["last_hidden_state"].numpy()[right] for each in (packed, padded))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_gradients_are_those_of_a_padded_batch(small_config, checkpointing):
    keras.utils.set_random_seed(0)
    model = RemBertModel(small_config.replace(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0))
    if checkpointing:
        model.gradient_checkpointing_enable()
    read = must_be_right(MASK)[:, :, None].astype("float32") * WEIGHTS

    def gradients():
        with tf.GradientTape() as tape:
            outputs = model(inputs_of(MASK), training=True)
            loss = ops.sum(outputs["last_hidden_state"] * read) + ops.sum(outputs["pooler_output"])
        return [tf.convert_to_tensor(each) for each in tape.gradient(loss, model.trainable_variables)]

    expected = gradients()
    with padding_removed():
        found = gradients()
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("member", FAMILY, ids=str)
def test_every_head(member, small_config):
    """In a graph of open shapes, right-padded as in use."""
    model = member.build(small_config)
    mask = member.inputs["attention_mask"] > 0
    specs = {name: tf.TensorSpec([None] * value.ndim, tf.int32) for name, value in member.inputs.items()}
    call = tf.function(padding_removed()(model), input_signature=[specs], autograph=False)
    packed = call({name: tf.constant(value, tf.int32) for name, value in member.inputs.items()})
    packed = packed if isinstance(packed, dict) else {"": packed}
    for name, theirs in outputs_of(model, member.inputs).items():
        assert packed[name].shape == theirs.shape
        by_position = theirs.shape[:2] == mask.shape and "masked_positions" not in member.inputs
        read = mask if by_position else ...
        np.testing.assert_allclose(packed[name].numpy()[read], theirs.numpy()[read], atol=1e-5)


def test_an_empty_batch(encoder):
    specs = dict.fromkeys(("input_ids", "attention_mask"), tf.TensorSpec([None, None], tf.int32))
    call = tf.function(padding_removed()(encoder), input_signature=[specs], autograph=False)
    outputs = call({name: tf.zeros((0, LENGTH), tf.int32) for name in specs})
    assert outputs["last_hidden_state"].shape == (0, LENGTH, 12)
    assert outputs["pooler_output"].shape == (0, 12)


def test_in_half_precision(small_config):
    keras.utils.set_random_seed(0)
    model = RemBertModel(small_config, dtype="bfloat16")
    packed, padded = both(model, inputs_of(MASK))
    right = must_be_right(MASK)
    ours, theirs = (np.asarray(each["last_hidden_state"], "float32")[right] for each in (packed, padded))
    np.testing.assert_allclose(ours, theirs, atol=0.05)


GOLDEN = [case for case in cases("RemBertModel", "last_hidden_state") if case.inputs.get("attention_mask") is not None]


@pytest.mark.parametrize("case", GOLDEN, ids=str)
def test_the_references_numbers(case):
    model = RemBertModel.from_pretrained(model_directory(case.model))
    right = must_be_right(case.inputs["attention_mask"])
    with padding_removed():
        outputs = model(case.inputs, output_hidden_states=True)
    named = {f"hidden_states.{index}": state for index, state in enumerate(outputs["hidden_states"])}
    compared = {**named, "last_hidden_state": outputs["last_hidden_state"]}
    for name in compared.keys() & case.expected.keys():
        assert_close(f"{case} packed", compared[name].numpy()[right], case.expected[name][right], STATES)
    assert_close(f"{case} packed", outputs["pooler_output"], case.expected["pooler_output"], STATES)


def test_a_plain_call_and_training_pad(encoder):
    mask = ops.convert_to_tensor(MASK)
    assert isinstance(encoder_layout(ROWS, LENGTH, mask), PaddedLayout)
    with padding_removed():
        assert isinstance(encoder_layout(ROWS, LENGTH, mask), PackedLayout)
        assert isinstance(encoder_layout(ROWS, LENGTH, None), PaddedLayout)
    with pytest.raises(ZeroDivisionError), padding_removed():
        _ = 1 / 0
    assert isinstance(encoder_layout(ROWS, LENGTH, mask), PaddedLayout)


def test_a_decoder_is_as_without(small_config):
    model = RemBertModel(small_config.replace(is_decoder=True))
    packed, padded = both(model, {"input_ids": IDS, "attention_mask": MASK}, use_cache=True)
    for ours, theirs in zip(tf.nest.flatten(packed), tf.nest.flatten(padded), strict=True):
        np.testing.assert_array_equal(ours, theirs)


JAX_SCRIPT = """
import json, sys
import jax, numpy as np
from rembert_tf import RemBertConfig, RemBertModel
from rembert_tf.layers.token_layout import padding_removed
sizes = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, input_embedding_size=4)
model = RemBertModel(RemBertConfig(vocab_size=20, **sizes))
inputs = {"input_ids": np.arange(8).reshape(2, 4), "attention_mask": np.array([[1, 1, 1, 1], [1, 0, 0, 0]])}
with padding_removed():
    packed = jax.jit(lambda inputs: model(inputs)["last_hidden_state"])(inputs)
print(json.dumps(float(np.max(np.abs(packed - model(inputs)["last_hidden_state"])))))
"""


@pytest.mark.slow
def test_jax_which_must_know_its_shapes_is_as_without():
    pytest.importorskip("jax")
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", JAX_SCRIPT], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) < 1e-6
