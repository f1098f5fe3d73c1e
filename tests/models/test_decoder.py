"""Decoders: causal attention, caches and cross-attention, against the reference and against themselves."""

import functools

import numpy as np
import pytest

from rembert_tf import RemBertForCausalLM, RemBertModel
from rembert_tf.errors import InputError
from tests.golden import LOGITS, STATES, assert_close, cases, model_directory

ALL = {str(case): case for output in ("logits", "full_logits") for case in cases("RemBertForCausalLM", output)}
CACHED, STEPWISE = ALL["causal_lm-kv_cache"], ALL["causal_lm_cross-kv_cache_stepwise"]
PREFILL = 9  # positions that the reference read before its chunk of 3


@functools.cache
def load(name):
    return RemBertForCausalLM.from_pretrained(model_directory(name))


def part(inputs, start, end):
    """Returns what belongs to some positions; masks cover all positions so far."""
    ends = {"attention_mask": (0, end), "encoder_hidden_states": (0, None), "encoder_attention_mask": (0, None)}
    spans = {name: slice(*ends.get(name, (start, end))) for name in inputs}
    return {name: value[:, spans[name]] for name, value in inputs.items()}


def test_the_cache_and_what_follows_from_it():
    model, expected = load("causal_lm"), CACHED.expected
    length = CACHED.inputs["input_ids"].shape[1]
    prefill = part(CACHED.inputs, 0, PREFILL)
    assert_close(f"{CACHED} logits", model(prefill), expected["prefill_logits"], LOGITS)
    caches = model.rembert(prefill, use_cache=True)["past_key_values"]
    assert len(caches) == model.config.num_hidden_layers
    for index, cache in enumerate(caches):
        assert len(cache) == 2
        assert_close(f"{CACHED} cache", cache[0], expected[f"cache.{index}.key"], STATES)
        assert_close(f"{CACHED} cache", cache[1], expected[f"cache.{index}.value"], STATES)
    chunk = {**part(CACHED.inputs, PREFILL, length), "past_key_values": caches}
    assert_close(f"{CACHED} logits", model(chunk), expected["chunk_logits"], LOGITS)
    assert_close(f"{CACHED} logits", model(CACHED.inputs), expected["full_logits"], LOGITS)


@pytest.mark.parametrize("with_mask", [True, False])
def test_one_token_at_a_time_with_an_encoder(with_mask):
    """The encoder's keys and values come from the first step; later steps need no encoder states."""
    case = STEPWISE if with_mask else ALL["causal_lm_cross-no_encoder_mask"]
    model, inputs = load("causal_lm_cross"), case.inputs
    steps, caches = [], None
    for position in range(inputs["input_ids"].shape[1]):
        step = part(inputs, position, position + 1)
        if caches is not None:
            step = {**step, "past_key_values": caches}
            step.pop("encoder_hidden_states")
        outputs = model.rembert(step, use_cache=True)
        caches = outputs["past_key_values"]
        steps.append(model.lm_head.decoder(model.lm_head(outputs["last_hidden_state"])))
    assert [len(cache) for cache in caches] == [4] * model.config.num_hidden_layers
    assert_close(f"{case} cached logits", np.concatenate(steps, axis=1), case.expected["logits"], LOGITS)


def test_without_an_encoder_there_are_no_cross_attentions():
    case = ALL["causal_lm_cross-no_encoder"]
    outputs = load("causal_lm_cross").rembert(case.inputs, output_attentions=True)
    assert outputs["cross_attentions"] == ()
    assert len(outputs["attentions"]) == 2


def test_a_position_does_not_see_what_follows():
    model = load("causal_lm")
    ids = CACHED.inputs["input_ids"]
    changed = ids.copy()
    changed[:, 7:] = (changed[:, 7:] + 1) % model.config.vocab_size
    first, second = (model({"input_ids": tokens}).numpy() for tokens in (ids, changed))
    np.testing.assert_allclose(first[:, :7], second[:, :7], atol=1e-5)
    assert np.max(np.abs(first[:, 7:] - second[:, 7:])) > 1e-2


def test_an_encoder_has_no_cache_and_passes_over_an_encoders_states(small_config):
    model = RemBertModel(small_config)
    ids = np.arange(8).reshape(2, 4)
    plain = model({"input_ids": ids}, use_cache=True)
    assert "past_key_values" not in plain
    with pytest.warns(UserWarning, match="encoder_hidden_states ignored.*is_decoder=False"):
        ignored = model({"input_ids": ids, "encoder_hidden_states": np.ones((2, 3, 12), "float32")})
    np.testing.assert_array_equal(ignored["last_hidden_state"], plain["last_hidden_state"])


def test_a_causal_model_that_is_no_decoder_says_so(small_config):
    with pytest.warns(UserWarning, match="is_decoder=False.*both directions"):
        model = RemBertForCausalLM(small_config)
    ids = np.arange(8).reshape(2, 4)
    changed = np.where([True, True, True, False], ids, 9)
    assert np.max(np.abs(model({"input_ids": ids}) - model({"input_ids": changed}))[:, 0]) > 1e-6


CROSS_INPUTS = ALL["causal_lm_cross-loss"].inputs
REFUSED = {
    "states of another width": ({"encoder_hidden_states": np.ones((2, 9, 47), "float32")}, "hidden width 48, not 47"),
    "states of another batch": ({"encoder_hidden_states": np.ones((3, 9, 48), "float32")}, r"\(3, 9\).*\(2, any\)"),
    "integer states": ({"encoder_hidden_states": np.ones((2, 9, 48), int)}, "encoder_hidden_states must be floats"),
    "a short encoder mask": ({"encoder_attention_mask": np.ones((2, 8), int)}, r"\(2, 8\).*\(2, 9\)"),
    "a mask alone": ({"encoder_hidden_states": None}, "encoder_attention_mask was given without"),
    "one layer's cache": ({"past_key_values": [(np.ones((2, 4, 3, 12)),) * 2]}, "each of the 2 layers"),
    "three tensors": ({"past_key_values": [(np.ones((2, 4, 3, 12)),) * 3] * 2}, "2 tensors, or 4.*not 3"),
    "a cache of rank 3": ({"past_key_values": [(np.ones((2, 4, 3)),) * 2] * 2}, r"\(2, 4, any, 12\)"),
    "a cache of other heads": (
        {"past_key_values": [(np.ones((2, 3, 3, 16)),) * 2] * 2},
        r"fit \(2, 4, any, 12",
    ),
    "a mask without the past": ({"past_key_values": [(np.ones((2, 4, 3, 12)),) * 2] * 2}, r"\(2, 12\).*\(2, 15\)"),
    "too much past": ({"past_key_values": [(np.ones((2, 4, 53, 12)),) * 2] * 2}, "65 positions.*53 of them cached"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_in_one_sentence(what):
    changed, said = REFUSED[what]
    with pytest.raises(InputError, match=said):
        load("causal_lm_cross")({**CROSS_INPUTS, **changed})


def test_states_for_a_decoder_without_cross_attention_are_refused():
    with pytest.raises(InputError, match="add_cross_attention=False"):
        load("causal_lm")({"input_ids": [[1, 2]], "encoder_hidden_states": np.ones((1, 3, 48), "float32")})
