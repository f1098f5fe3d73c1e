"""The NumPy implementation against the reference's recorded tensors, every model and case that has them."""

import functools
import json
import math

import numpy as np
import pytest

from rembert_tf import RemBertConfig
from rembert_tf.verification.architecture import architecture_of
from rembert_tf.verification.layer_outputs import flatten_choices
from rembert_tf.verification.named_tensors import open_tensors
from rembert_tf.verification.plain_encoder import ACTIVATIONS, PlainEncoder, bfloat16_matmul
from rembert_tf.verification.plain_heads import head_outputs
from tests.golden import LOGITS, STATES, Case, assert_close, fixture, model_directory

OUTPUTS = ("last_hidden_state", "logits", "start_logits", "full_logits")


def golden_cases():
    """Every recorded forward pass without a cache whose positions are an input or the default."""
    manifest = json.loads(fixture("hf/manifest.json").read_text())
    return [
        Case(model, name)
        for model, description in manifest.items()
        if fixture(f"hf/models/{model}")
        for name, case in description["cases"].items()
        if set(OUTPUTS) & set(case["outputs"])
    ]


def last_state(encoder, inputs):
    return list(encoder.states(inputs))[-1]


@functools.cache
def everything_of(case):
    """Returns {output's name as in the golden files: array} of the plain implementation."""
    directory, inputs = model_directory(case.model), case.inputs
    config = RemBertConfig.from_pretrained(directory)
    with open_tensors(directory) as tensors:
        architecture = architecture_of(config, tensors)
        encoder = PlainEncoder(config, tensors)
        states = list(encoder.states(flatten_choices(inputs, architecture)))
        outputs = {f"hidden_states.{index}": state for index, state in enumerate(states)}
        outputs["last_hidden_state"] = states[-1]
        if "pooler.dense.weight" in tensors:
            outputs["pooler_output"] = encoder.pooler(states[-1])
        if "input_ids" in inputs:
            outputs |= head_outputs(architecture, encoder, states[-1], inputs["input_ids"].shape)
    outputs["full_logits"] = outputs.get("logits")
    return outputs


@pytest.mark.parametrize("case", golden_cases(), ids=str)
def test_every_recorded_tensor_is_reproduced(case):
    ours = everything_of(case)
    shared = [name for name in case.expected if name in ours]
    assert set(shared) & set(OUTPUTS)
    for name in shared:
        limit = LOGITS if "logits" in name else STATES
        assert_close(f"plain NumPy, {name.split('.')[0]}", ours[name], case.expected[name], limit)


def test_gelu_can_be_chosen_against_the_configuration():
    case = Case("base_gelu_new", "full")
    directory = model_directory(case.model)
    config = RemBertConfig.from_pretrained(directory)
    expected = case.expected["last_hidden_state"]
    with open_tensors(directory) as tensors:
        by_form = {form: last_state(PlainEncoder(config, tensors, gelu=form), case.inputs) for form in ("erf", "tanh")}
        misread = last_state(PlainEncoder(config.replace(hidden_act="gelu"), tensors, gelu="tanh"), case.inputs)
    assert np.abs(by_form["tanh"] - expected).max() < STATES
    assert np.abs(by_form["erf"] - expected).max() > 20 * STATES
    np.testing.assert_array_equal(misread, by_form["tanh"])


def test_every_activation_of_the_configuration_has_its_definition():
    x = np.linspace(-6, 6, 25)
    expected = {
        "gelu": [0.5 * v * math.erfc(-v / math.sqrt(2)) for v in x],
        "gelu_new": [v / (1 + math.exp(-2 * math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))) for v in x],
        "relu": [max(v, 0.0) for v in x],
        "silu": [v / (1 + math.exp(-v)) for v in x],
        "tanh": [math.tanh(v) for v in x],
    }
    expected |= {"gelu_pytorch_tanh": expected["gelu_new"], "swish": expected["silu"]}
    assert set(expected) == set(ACTIVATIONS)
    for name, values in expected.items():
        np.testing.assert_allclose(ACTIVATIONS[name](x), values, atol=1e-12, err_msg=name)


def test_bfloat16_matmul_rounds_inputs_and_not_sums():
    # bfloat16 keeps 8 bits: 1 + 2^-9 becomes 1, but 256 + 1 is a sum and stays.
    np.testing.assert_array_equal(
        bfloat16_matmul(np.array([[1 + 2**-9, 1.0]], np.float32), np.array([[256.0], [1.0]], np.float32)), [[257.0]]
    )


def test_every_matmul_goes_through_the_function_that_was_given():
    case = Case("base_model", "full")
    directory = model_directory(case.model)
    config = RemBertConfig.from_pretrained(directory)
    calls = []

    def counted(a, b):
        calls.append((a.shape, b.shape))
        return np.matmul(a, b)

    with open_tensors(directory) as tensors:
        encoder = PlainEncoder(config, tensors, matmul=counted)
        encoder.pooler(last_state(encoder, case.inputs))
    per_block = 4 + 2 + 2  # projections, scores and weighted sum, feed-forward
    assert len(calls) == 1 + per_block * config.num_hidden_layers + 1
