"""`generate`: the reference's sequences, and rules that hold for any model."""

import functools
import json

import numpy as np
import pytest

from rembert_tf import RemBertConfig, RemBertForCausalLM
from rembert_tf.errors import InputError
from rembert_tf.generation.scores import draw
from rembert_tf.generation.settings import GenerationSettings
from tests.golden import LOGITS, assert_close, cases, fixture, model_directory

CASES = cases("RemBertForCausalLM", "sequences")
MANIFEST = json.loads(fixture("hf/manifest.json").read_text())


@functools.cache
def load(name):
    return RemBertForCausalLM.from_pretrained(model_directory(name))


def settings_of(case):
    """Returns what the reference was called with; some of it exists there alone."""
    call = MANIFEST[case.model]["cases"][case.name]["call"]
    return {name: value for name, value in call.items() if name not in ("pad_token_id", "use_cache")}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_sequences_of_the_reference(case):
    """Greedy, with and without an end of text, beams under two length penalties, below an encoder."""
    settings = settings_of(case)
    sequences, scores = load(case.model).generate(case.inputs, return_scores=True, **settings)
    np.testing.assert_array_equal(sequences, case.expected["sequences"])
    if settings["num_beams"] > 1:
        assert_close(f"{case} scores", scores, case.expected["sequences_scores"], LOGITS)
    else:
        assert scores is None


def test_there_are_cases_of_every_kind():
    assert len(CASES) >= 5
    assert {settings_of(case)["num_beams"] for case in CASES} == {1, 4}


GREEDY = next(case for case in CASES if str(case) == "causal_lm-greedy")


@pytest.fixture(scope="module")
def model():
    """A decoder whose scores are far enough apart that rounding decides nothing."""
    return load("causal_lm")


def scores_step_by_step(model, row, steps, choose):
    """Returns a row's continuation by full forward passes, without cache, padding or batch."""
    for _ in range(steps):
        logits = model({"input_ids": row[None]}).numpy()[0, -1]
        row = np.append(row, choose(logits, row))
    return row


def test_padding_on_the_left_changes_nothing(model):
    """Each row continues as it would alone; the cache gives what full passes give."""
    together = np.asarray(model.generate(GREEDY.inputs, max_new_tokens=6, eos_token_id=None))
    for row, mask, whole in zip(GREEDY.inputs["input_ids"], GREEDY.inputs["attention_mask"], together, strict=True):
        text = row[mask == 1]
        expected = scores_step_by_step(model, text, 6, lambda logits, _: logits.argmax())
        np.testing.assert_array_equal(whole[-len(expected) :], expected)
        alone = model.generate({"input_ids": text[None]}, max_new_tokens=6, eos_token_id=None)
        np.testing.assert_array_equal(alone[0], expected)


def test_few_lengths_of_prompts_need_a_program_of_their_own():
    """Compiling takes seconds; prompts of 1 to 16 pieces, and any seed, share one program."""
    model = RemBertForCausalLM.from_pretrained(model_directory("causal_lm"))
    for length, seed in ((2, 1), (5, 2), (16, 3)):
        model.generate({"input_ids": np.ones((1, length), int)}, max_new_tokens=2, do_sample=True, seed=seed)
    (program,) = vars(model)["_generation_programs"].values()
    assert program.experimental_get_tracing_count() == 1


def test_repetition_penalty(model):
    def choose(logits, row):
        seen = np.isin(np.arange(len(logits)), row)
        return np.where(seen, np.where(logits < 0, logits * 1.8, logits / 1.8), logits).argmax()

    row = GREEDY.inputs["input_ids"][:1]
    ours = model.generate({"input_ids": row}, max_new_tokens=8, repetition_penalty=1.8, eos_token_id=None)
    np.testing.assert_array_equal(ours[0], scores_step_by_step(model, row[0], 8, choose))


def test_token_types_go_on_as_the_prompt_ends(model):
    row = GREEDY.inputs["input_ids"][:1]
    types = np.array([[0, 0, 0, 1, 1, 1]])
    ours = np.asarray(model.generate({"input_ids": row, "token_type_ids": types}, max_new_tokens=4, eos_token_id=None))
    for length in range(6, 10):
        extended = np.pad(types, ((0, 0), (0, length - 6)), mode="edge")
        logits = model({"input_ids": ours[:, :length], "token_type_ids": extended}).numpy()[0, -1]
        assert ours[0, length] == logits.argmax()


def test_one_beam_more_never_scores_worse(model):
    """The best of four complete continuations is at least as likely as the greedy one, by full passes."""
    inputs = {"input_ids": GREEDY.inputs["input_ids"][:1]}

    def log_likelihood(sequence):
        logits = model({"input_ids": sequence[None]}).numpy()[0].astype("float64")
        log_probabilities = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return sum(log_probabilities[position - 1, sequence[position]] for position in range(6, len(sequence)))

    greedy = np.asarray(model.generate(inputs, max_new_tokens=8, eos_token_id=None))[0]
    beams, scores = model.generate(
        inputs, max_new_tokens=8, num_beams=4, num_return_sequences=4, eos_token_id=None, return_scores=True
    )
    beams, scores = np.asarray(beams), np.asarray(scores)
    likelihoods = np.array([log_likelihood(beam) for beam in beams])
    np.testing.assert_allclose(scores, likelihoods / 8, atol=1e-5)  # length penalty 1
    assert np.all(np.diff(scores) <= 0)
    assert likelihoods[0] >= log_likelihood(greedy) - 1e-5
    assert len(np.unique(beams, axis=0)) == 4


def test_the_end_of_text_is_the_configurations_unless_told_otherwise(model):
    plain = np.asarray(model.generate(GREEDY.inputs, max_new_tokens=6, eos_token_id=None))
    end = int(plain[0, 8])  # what the first row says third
    other = RemBertForCausalLM(model.config.replace(eos_token_id=end))
    other.set_weights(model.get_weights())
    ours = np.asarray(other.generate(GREEDY.inputs, max_new_tokens=6))
    for row, expected in zip(ours, plain, strict=True):
        ended = np.flatnonzero(expected[6:] == end)
        length = 6 + ended[0] + 1 if ended.size else len(row)
        np.testing.assert_array_equal(row[:length], expected[:length])
        assert not np.any(row[length:])
    np.testing.assert_array_equal(other.generate(GREEDY.inputs, max_new_tokens=6, eos_token_id=None), plain)


def test_it_stops_when_every_row_is_complete(model):
    row = {"input_ids": GREEDY.inputs["input_ids"][:1]}
    first = int(np.asarray(model.generate(row, max_new_tokens=1, eos_token_id=None))[0, -1])
    assert model.generate(row, max_new_tokens=9, eos_token_id=first).shape == (1, 7)


def test_sampling_is_seeded(model):
    def sample(seed):
        return np.asarray(model.generate(GREEDY.inputs, max_new_tokens=6, do_sample=True, seed=seed, eos_token_id=None))

    np.testing.assert_array_equal(sample(1), sample(1))
    assert np.any(sample(1) != sample(2))
    assert np.any(sample(None) != sample(None))


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, [0.1, 0.4, 0.2, 0.3]),
        ({"top_k": 2}, [0, 0.4, 0, 0.3]),
        ({"top_p": 0.65}, [0, 0.4, 0, 0.3]),
        ({"top_p": 0.75}, [0, 0.4, 0.2, 0.3]),
        ({"top_p": 0.01}, [0, 0.4, 0, 0]),
        ({"temperature": 0.5}, [0.01, 0.16, 0.04, 0.09]),
        ({"temperature": 0.5, "top_k": 3, "top_p": 0.8}, [0, 0.16, 0, 0.09]),
        ({"top_k": 100}, [0.1, 0.4, 0.2, 0.3]),
    ],
)
def test_draws_follow_the_filtered_distribution(changes, kept):
    """Evenly spread numbers draw each piece as often as its probability says, and no other piece."""
    settings = GenerationSettings(max_new_tokens=1, do_sample=True, **changes)
    draws = 2000
    uniform = ((np.arange(draws) + 0.5) / draws).astype("float32")
    logits = np.tile(np.log([[0.1, 0.4, 0.2, 0.3]]).astype("float32"), (draws, 1))
    counts = np.bincount(np.asarray(draw(logits, uniform, settings)), minlength=4)
    expected = draws * np.array(kept) / np.sum(kept)
    np.testing.assert_allclose(counts, expected, atol=2)
    assert np.all((counts > 0) == (expected > 0))


def test_a_number_just_below_one_draws_a_piece_that_can_occur():
    settings = GenerationSettings(max_new_tokens=1, do_sample=True)
    logits = np.array([[0.0, 1.0, -1e9, -1e9]], "float32")
    assert int(draw(logits, np.array([np.nextafter(np.float32(1), np.float32(0))]), settings)[0]) == 1


PROMPT = {"input_ids": [[5, 6, 7]]}
REFUSED = {
    "no dictionary": ([[5, 6]], {}, "dictionary with input_ids"),
    "embeddings": ({"inputs_embeds": np.ones((1, 2, 24), "float32")}, {}, "dictionary with input_ids"),
    "positions": ({**PROMPT, "position_ids": [[0, 1, 2]]}, {}, "does not take position_ids"),
    "a cache": ({**PROMPT, "past_key_values": []}, {}, "past_key_values .it keeps its own cache"),
    "padding on the right": ({**PROMPT, "attention_mask": [[1, 1, 0]]}, {}, "prompt 0 is padded on the right"),
    "no prompt": ({"input_ids": np.ones((0, 3), int)}, {}, "no prompt"),
    "an impossible piece": ({"input_ids": [[5, 1000]]}, {}, "input_ids holds 1000.*0 to 999"),
    "too long": (PROMPT, {"max_new_tokens": 62}, "sequences of 65 pieces.*max_position_embeddings is 64"),
    "nothing to add": (PROMPT, {"max_new_tokens": 0}, "max_new_tokens must be an integer from 1, not 0"),
    "half a beam": (PROMPT, {"num_beams": 1.5}, "num_beams must be an integer from 1, not 1.5"),
    "temperature 0": (PROMPT, {"temperature": 0.0}, "temperature must be a positive number, not 0.0"),
    "no probability": (PROMPT, {"top_p": 0.0}, "top_p must be above 0 and at most 1, not 0.0"),
    "a negative penalty": (PROMPT, {"repetition_penalty": -1.0}, "repetition_penalty must be a positive number"),
    "no such stop": (PROMPT, {"early_stopping": "soon"}, "early_stopping must be True, False or \"never\", not 'soon'"),
    "sampled beams": (PROMPT, {"do_sample": True, "num_beams": 2}, "cannot be combined with beams"),
    "more than there are": (PROMPT, {"num_return_sequences": 2}, "num_return_sequences is 2, more than num_beams, 1"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_in_one_sentence(model, what):
    inputs, settings, said = REFUSED[what]
    with pytest.raises(InputError, match=said):
        model.generate(inputs, **settings)


def test_sampling_settings_without_sampling_are_pointed_out(model):
    with pytest.warns(UserWarning, match="no effect without do_sample=True"):
        model.generate(PROMPT, max_new_tokens=1, temperature=0.5)


def test_a_model_that_is_no_decoder_warns_and_reads_both_ways():
    config = RemBertConfig.from_pretrained(model_directory("causal_lm")).replace(is_decoder=False)
    with pytest.warns(UserWarning, match="is_decoder=False"):
        model = RemBertForCausalLM(config)
    model.set_weights(load("causal_lm").get_weights())
    row = GREEDY.inputs["input_ids"][0]
    expected = scores_step_by_step(model, row, 4, lambda logits, _: logits.argmax())
    with pytest.warns(UserWarning, match="means nothing"):
        ours = model.generate({"input_ids": row[None]}, max_new_tokens=4, eos_token_id=None)
    np.testing.assert_array_equal(ours[0], expected)


@pytest.mark.parametrize("beams", [1, 3])
def test_padding_is_no_repetition(model, beams):
    """A penalised row continues as it would without padding, also where the padding piece is likely."""
    row = GREEDY.inputs["input_ids"][:1, :4]
    padding = int(np.asarray(model.generate({"input_ids": row}, max_new_tokens=1, eos_token_id=None))[0, -1])
    padded = {"input_ids": np.pad(row, ((0, 0), (3, 0)), constant_values=padding)}
    padded["attention_mask"] = np.array([[0, 0, 0, 1, 1, 1, 1]])
    settings = {"max_new_tokens": 5, "num_beams": beams, "repetition_penalty": 1e3, "eos_token_id": None}
    alone = np.asarray(model.generate({"input_ids": row}, **settings))
    np.testing.assert_array_equal(np.asarray(model.generate(padded, **settings))[:, 3:], alone)
    if beams == 1:
        assert alone[0, 4] == padding


def test_one_piece_to_choose_from_draws_the_likeliest(model):
    drawn = model.generate(GREEDY.inputs, max_new_tokens=4, do_sample=True, top_k=1, eos_token_id=None)
    np.testing.assert_array_equal(drawn, model.generate(GREEDY.inputs, max_new_tokens=4, eos_token_id=None))
