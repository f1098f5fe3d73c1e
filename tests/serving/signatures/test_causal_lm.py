"""A served causal language model writes what `generate` writes."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForCausalLM, RemBertTokenizer
from rembert_tf.errors import InputError
from rembert_tf.serving.options import GenerationOptions
from rembert_tf.serving.signatures.causal_lm import CausalLMSignatures
from rembert_tf.tasks.language_modeling.continuations import continue_texts

NEW, LENGTH = 6, 24
ROOM = LENGTH - NEW - 1  # [CLS]
PROMPTS = ["Guten Tag", "", "   ", "[CLS] spelled [MASK]", "今日は", "नमस्ते दुनिया", "a b c " * 20, "one\x00two"]


@pytest.fixture(scope="module")
def model(text_config, small_tokenizer):
    """A decoder that ends some continuations early, with scores so far apart that rounding decides nothing."""
    tf.keras.utils.set_random_seed(0)
    model = RemBertForCausalLM(text_config.replace(is_decoder=True, initializer_range=0.8))
    bias = np.zeros(model.config.vocab_size, "float32")
    bias[small_tokenizer.sep_token_id] = 7
    model.lm_head.decoder.bias.assign(bias)
    return model


@pytest.fixture(scope="module")
def plain_tokenizer(small_vocabulary):
    """The other engine: no TensorFlow operation of the graph computes the expected values."""
    return RemBertTokenizer.from_pretrained(small_vocabulary)


@pytest.fixture(scope="module")
def served(model, small_tokenizer):
    """Returns the signature `serving_default` for options, as a function of a list of prompts."""
    made = {}

    def served(**options):
        key = tuple(options.items())
        if key not in made:
            chosen = GenerationOptions(max_new_tokens=NEW, **options)
            made[key] = CausalLMSignatures(model, small_tokenizer, LENGTH, chosen).serving_default()
        return lambda prompts: made[key](prompt=tf.constant(prompts, tf.string))

    return served


def prompt_ids(tokenizer, prompts):
    return [
        tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"][-ROOM:] for text in prompts
    ]


def in_python(model, tokenizer, prompts, **settings):
    """Returns the new pieces of each prompt, up to [SEP], by the public `generate`."""
    rows = [[tokenizer.cls_token_id, *ids] for ids in prompt_ids(tokenizer, prompts)]
    width = max(map(len, rows))
    ids = np.array([[tokenizer.pad_token_id] * (width - len(row)) + row for row in rows])
    mask = np.array([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    found = model.generate(
        {"input_ids": ids, "attention_mask": mask},
        max_new_tokens=NEW,
        eos_token_id=tokenizer.sep_token_id,
        **settings,
    )
    added = np.asarray(found)[:, width:].tolist()
    return [row[: row.index(tokenizer.sep_token_id)] if tokenizer.sep_token_id in row else row for row in added]


WAYS = {
    "greedy": {},
    "repetition": {"repetition_penalty": 1.7},
    "sampling": {"do_sample": True, "seed": 3},
    "sampling among few": {"do_sample": True, "seed": 4, "top_k": 50, "top_p": 0.9, "temperature": 1.5},
    "beams": {"num_beams": 3, "repetition_penalty": 1.2, "length_penalty": 0.5},
    "eager beams": {"num_beams": 2, "early_stopping": True},
}


@pytest.mark.parametrize("way", WAYS)
def test_the_pieces_of_generate(way, served, model, plain_tokenizer):
    expected = in_python(model, plain_tokenizer, PROMPTS, **WAYS[way])
    answer = served(**WAYS[way])(PROMPTS)
    assert answer["num_tokens"].dtype == tf.int32
    assert answer["num_tokens"].numpy().tolist() == [len(ids) for ids in expected]
    texts = [text.decode() for text in answer["text"].numpy()]
    assert texts == [plain_tokenizer.decode(ids, skip_special_tokens=True) for ids in expected]


def test_some_continuations_end_early_and_some_do_not(served):
    found = np.concatenate([served(**options)(PROMPTS)["num_tokens"] for options in WAYS.values()])
    assert found.min() < NEW and found.max() == NEW


def test_the_texts_of_predict(served, model, small_tokenizer):
    found = continue_texts(model, small_tokenizer, PROMPTS, NEW, {}, batch_size=3, max_length=LENGTH)
    answer = served()(PROMPTS)["text"].numpy()
    assert [text.decode() for text in answer] == [row["continuation"] for row in found]


@pytest.mark.parametrize("way", ["greedy", "beams"])
def test_rows_do_not_depend_on_their_batch(way, served):
    generate = served(**WAYS[way])
    together = generate(PROMPTS)
    for row, prompt in enumerate(PROMPTS):
        alone = generate([prompt])
        assert alone["text"][0] == together["text"][row]
        assert alone["num_tokens"][0] == together["num_tokens"][row]


def test_of_a_long_prompt_the_end_is_read(served):
    end = " ".join("abcdefghijklmnopqrstuvwxyz")  # more pieces than there is room for
    first, second, other = served()([f"many words before {end}", end, f"{end} a b c"])["text"].numpy()
    assert first == second
    assert first != other


@pytest.mark.parametrize("way", ["greedy", "sampling", "beams"])
def test_an_empty_batch_is_answered(way, served):
    answer = served(**WAYS[way])([])
    assert answer["text"].shape == answer["num_tokens"].shape == (0,)


class TestReturnPrompt:
    def test_the_continuation_stands_behind_the_prompt_as_it_was_given(self, served, model, plain_tokenizer):
        prompts = ["Guten Tag", "今日は", "a b c"]
        found = served(return_prompt=True)(prompts)["text"].numpy()
        pieces = in_python(model, plain_tokenizer, prompts)
        whole = [before + after for before, after in zip(prompt_ids(plain_tokenizer, prompts), pieces, strict=True)]
        assert [text.decode() for text in found] == [
            plain_tokenizer.decode(ids, skip_special_tokens=True) for ids in whole
        ]
        assert any(text.decode().startswith(f"{prompt} ") for text, prompt in zip(found, prompts, strict=True))

    def test_prompts_are_repeated_to_the_byte(self, served):
        prompts = ["  two  spaces ", "\ufeffmark", "\ufffe", "e\u0301", "👩‍👩‍👧", "a\x00b", "x " * 50, "[SEP]"]
        found = served(return_prompt=True)(prompts)["text"].numpy()
        assert all(text.decode().startswith(prompt) for text, prompt in zip(found, prompts, strict=True))

    def test_nothing_stands_before_the_continuation_of_an_empty_prompt(self, served):
        with_prompt, alone = served(return_prompt=True)([""]), served()([""])
        assert with_prompt["text"][0] == alone["text"][0] != b""

    def test_bytes_that_are_no_text_are_replaced(self, served):
        (found,) = served(return_prompt=True)([b"a\xff\xfeb"])["text"].numpy()
        assert found.decode().startswith("a��b")


class TestSampling:
    def test_a_seed_gives_the_same_answer_every_time(self, served):
        generate = served(do_sample=True, seed=3)
        np.testing.assert_array_equal(generate(PROMPTS)["text"], generate(PROMPTS)["text"])

    def test_without_a_seed_every_call_draws_anew(self, model, small_tokenizer):
        """Also from functions that were traced under the same global seed: none may become part of the graph."""
        options, texts = GenerationOptions(max_new_tokens=NEW, do_sample=True), []
        for _ in range(2):
            tf.keras.utils.set_random_seed(1)
            module = CausalLMSignatures(model, small_tokenizer, LENGTH, options)
            assert not module.repeatable
            generate = module.serving_default()
            texts += [tuple(generate(prompt=tf.constant(PROMPTS))["text"].numpy()) for _ in range(2)]
        assert len(set(texts)) == 4

    def test_single_bytes_become_valid_text(self, model, small_tokenizer):
        """Byte pieces in any order are no UTF-8; what is answered is, or REST could not carry it."""
        options = GenerationOptions(max_new_tokens=32, do_sample=True, temperature=100.0, seed=1)
        generate = CausalLMSignatures(model, small_tokenizer, 40, options).serving_default()
        texts = [text.decode() for text in generate(prompt=tf.constant(["a", b"\xff", "b"] * 3))["text"].numpy()]
        assert any("�" in text for text in texts)


def test_rows_of_the_model_that_no_piece_belongs_to_leave_nothing(text_config, small_tokenizer):
    pieces = len(small_tokenizer)
    model = RemBertForCausalLM(text_config.replace(is_decoder=True, vocab_size=pieces + 8))
    bias = np.zeros(pieces + 8, "float32")
    bias[pieces:] = 100
    model.lm_head.decoder.bias.assign(bias)
    options = GenerationOptions(max_new_tokens=3)
    answer = CausalLMSignatures(model, small_tokenizer, LENGTH, options).serving_default()(prompt=tf.constant(["a"]))
    assert answer["text"].numpy().tolist() == [b""]
    assert answer["num_tokens"].numpy().tolist() == [3]


class TestOptions:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"max_new_tokens": 0}, "max_new_tokens must be an integer from 1, not 0"),
            ({"temperature": 0}, "temperature must be a positive number, not 0"),
            ({"do_sample": "yes"}, "do_sample must be True or False, not 'yes'"),
            ({"do_sample": True, "num_beams": 2}, "cannot be combined with beams"),
            ({"seed": -1}, "seed must be an integer from 0, or None, not -1"),
            ({"return_prompt": 1}, "return_prompt must be True or False, not 1"),
        ],
    )
    def test_refused_in_one_sentence(self, changes, said):
        with pytest.raises(InputError, match=said):
            GenerationOptions(**changes)

    def test_a_setting_without_effect_is_pointed_out_once(self):
        with pytest.warns(UserWarning, match="no effect without do_sample") as said:
            GenerationOptions(top_k=5).settings(eos_token_id=1, pad_token_id=0)
        assert len(said) == 1

    def test_the_least_length_leaves_room_for_one_piece_of_a_prompt(self, model, small_tokenizer):
        options = GenerationOptions(max_new_tokens=4)
        least = CausalLMSignatures.least_length(options, pair=False)
        generate = CausalLMSignatures(model, small_tokenizer, least, options).serving_default()
        one, two = generate(prompt=tf.constant(["a b", "c b"]))["text"].numpy()
        assert one == two  # both end with the same piece
