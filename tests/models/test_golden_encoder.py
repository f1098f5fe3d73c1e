"""RemBertModel computes the reference's numbers."""

import functools
import warnings

import numpy as np
import pytest

from rembert_tf import RemBertModel
from tests.golden import STATES, assert_close, cases, model_directory

ENCODER_CASES = cases("RemBertModel", "last_hidden_state")
HEADS = (
    "RemBertForSequenceClassification",
    "RemBertForTokenClassification",
    "RemBertForQuestionAnswering",
    "RemBertForMaskedLM",
)
HEAD_CASES = [case for head in HEADS for case in cases(head, "hidden_states.0")]


@functools.cache
def encoder(name, **overrides):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some heads' directories have no pooler
        return RemBertModel.from_pretrained(model_directory(name), **overrides)


def call(model, inputs):
    """Returns every tensor of a call under the reference's name for it."""
    outputs = model(inputs, output_hidden_states=True, output_attentions=True)
    named = {name: value for name, value in outputs.items() if not isinstance(value, tuple)}
    for group in ("hidden_states", "attentions"):
        named.update({f"{group}.{index}": value for index, value in enumerate(outputs[group])})
    return named


def test_the_fixtures_are_there():
    assert len(ENCODER_CASES) >= 11
    assert len(HEAD_CASES) >= 4


@pytest.mark.parametrize("case", ENCODER_CASES, ids=str)
def test_every_tensor_of_every_case(case):
    model = encoder(case.model)
    ours = call(model, case.inputs)
    assert len([name for name in ours if name.startswith("hidden_states")]) == model.config.num_hidden_layers + 1
    assert len([name for name in ours if name.startswith("attentions")]) == model.config.num_hidden_layers
    for name, expected in case.expected.items():
        assert_close(f"{case} states", ours[name.removesuffix("_f64")], expected, STATES)


@pytest.mark.parametrize("case", HEAD_CASES, ids=str)
def test_the_encoder_under_every_head(case):
    """A head's directory gives the bare encoder the same states."""
    ours = call(encoder(case.model), case.inputs)
    for name, expected in case.expected.items():
        if name.startswith(("hidden_states", "attentions")):
            assert_close(f"{case} states", ours[name], expected, STATES)


def test_without_pooler():
    case = ENCODER_CASES[0]
    full = encoder(case.model)
    bare = RemBertModel(full.config, add_pooling_layer=False)
    assert not any("pooler" in weight.path for weight in bare.weights)
    kept = [weight for weight in full.weights if "pooler" not in weight.path]
    for weight, source in zip(bare.weights, kept, strict=True):
        weight.assign(source)
    outputs = bare(case.inputs)
    assert list(outputs) == ["last_hidden_state"]
    assert_close(f"{case} states", outputs["last_hidden_state"], case.expected["last_hidden_state"], STATES)


FULL = next(case for case in ENCODER_CASES if str(case) == "base_model-full")
ROWS = next(case for case in ENCODER_CASES if str(case) == "base_model-fully_masked_row")

# What a wrong implementation would compute, and by how much the golden must notice it.
MUTATIONS = {
    "tanh instead of erf GELU": ({"hidden_act": "gelu_new"}, {}, 50 * STATES),
    "Keras' default LayerNorm epsilon": ({"layer_norm_eps": 1e-3}, {}, 1e-3),
    "PyTorch's default LayerNorm epsilon": ({"layer_norm_eps": 1e-5}, {}, 2 * STATES),
    "the mask is not looked at": ({}, {"attention_mask": None}, 1e-2),
    "token types are not looked at": ({}, {"token_type_ids": None}, 1e-2),
    "positions skip padding": ({}, {"position_ids": np.maximum(FULL.inputs["attention_mask"].cumsum(1), 1)}, 1e-2),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_wrong_encoder_would_be_noticed(mutation):
    overrides, changed_inputs, noticed = MUTATIONS[mutation]
    ours = call(encoder(FULL.model, **overrides), {**FULL.inputs, **changed_inputs})["last_hidden_state"]
    assert np.max(np.abs(ours - FULL.expected["last_hidden_state"])) > noticed


def test_a_wrong_weight_would_be_noticed():
    """Every variable matters: with the entries of any one in another order, the golden no longer fits."""
    model = RemBertModel.from_pretrained(model_directory(FULL.model))
    expected = FULL.expected["pooler_output"]
    unnoticed = []
    for weight in model.weights:
        kept = weight.numpy()
        weight.assign(np.roll(kept, 1, axis=-1))
        if np.max(np.abs(model(FULL.inputs)["pooler_output"] - expected)) < 2 * STATES:
            unnoticed.append(weight.path)
        weight.assign(kept)
    # A constant added to every key shifts all scores of a query alike, which the softmax takes away.
    assert all(path.endswith("key/bias") for path in unnoticed), unnoticed


def test_a_row_masked_everywhere_attends_uniformly():
    masked = ROWS.inputs["attention_mask"].sum(axis=1) == 0
    assert masked.any()
    attention = call(encoder(ROWS.model), ROWS.inputs)["attentions.0"].numpy()[masked]
    np.testing.assert_allclose(attention, 1 / attention.shape[-1], atol=1e-7)


@pytest.mark.parametrize("dtype", ["int32", "int64", "bool", "float32", "float16"])
def test_a_mask_of_any_dtype(dtype):
    mask = FULL.inputs["attention_mask"].astype(dtype)
    ours = encoder(FULL.model)({**FULL.inputs, "attention_mask": mask})["last_hidden_state"]
    assert_close(f"{FULL} states", ours, FULL.expected["last_hidden_state"], STATES)


def test_any_number_that_is_not_zero_keeps_a_position():
    mask = FULL.inputs["attention_mask"] * np.float32(0.5)
    ours = encoder(FULL.model)({**FULL.inputs, "attention_mask": mask})["last_hidden_state"]
    assert_close(f"{FULL} states", ours, FULL.expected["last_hidden_state"], STATES)


def test_padding_does_not_change_what_is_kept():
    """A row alone, without its padding, gets the states that it gets in the batch."""
    inputs, expected = FULL.inputs, FULL.expected["last_hidden_state"]
    for row, length in enumerate(inputs["attention_mask"].sum(axis=1)):
        alone = {name: value[row : row + 1, :length] for name, value in inputs.items()}
        ours = encoder(FULL.model)(alone)["last_hidden_state"]
        assert_close(f"{FULL} states", ours[0], expected[row, :length], STATES)
