"""Served fill-mask: the pieces and probabilities of the task, for every mask of every text."""

import functools
import json
import lzma

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForMaskedLM, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.serving.options import MaskedLMOptions
from rembert_tf.serving.signatures import chunks
from rembert_tf.serving.signatures.masked_lm import MaskedLMSignatures
from rembert_tf.tasks.language_modeling import piece_scores
from rembert_tf.tasks.language_modeling.fills import fill_masks
from tests.golden import fixture
from tests.serving.signatures.served import (
    HOSTILE,
    ask,
    assert_rows_alone_are_the_same,
    assert_servable,
    decoded,
    saved_and_loaded,
)
from tests.tasks.tagging.real_data import ROOT

LENGTH = 24
DECLARATION = ROOT.parent / "text" / "udhr_articles.jsonl.xz"
TEXTS = [
    "Paris is the [MASK] of France.",
    "[MASK]",
    "no mask",
    "",
    "a [MASK][MASK] b [MASK]",
    "[CLS] Москва — [MASK] России [SEP]",
    "東京は[MASK]の首都です。",
    "word " * 50 + "[MASK] " + "word " * 50 + "and [MASK]",
    "[MASK] " + "long text " * 30,
    "[MASK]" * 40,
]


@pytest.fixture(scope="module")
def model(text_config):
    keras.utils.set_random_seed(4)
    return RemBertForMaskedLM(text_config.replace(initializer_range=0.4))


@functools.cache  # tracing is what takes time here
def served(model, tokenizer, length=LENGTH, **options):
    return MaskedLMSignatures(model, tokenizer, length, MaskedLMOptions(**options)).serving_default()


def by_task(model, tokenizer, texts, top_k=5, length=LENGTH):
    return [row["fills"] for row in fill_masks(model, tokenizer, texts, top_k, 4, length)]


def assert_same_fills(answer, expected):
    assert answer["num_masks"].tolist() == [len(fills) for fills in expected]
    assert answer["token"].shape[:2] == (len(expected), max(map(len, expected)))
    for row, fills in enumerate(expected):
        for mask, fill in enumerate(fills):
            scores = [piece["score"] for piece in fill]
            np.testing.assert_allclose(answer["score"][row, mask], scores, atol=2e-6)
            assert [token.decode() for token in answer["token"][row, mask]] == [
                piece["token"].replace("▁", " ") for piece in fill
            ]
        assert not any(answer["token"][row, len(fills) :].ravel())
        assert not answer["score"][row, len(fills) :].any()


@pytest.mark.parametrize("top_k", [1, 5])
def test_fills_are_those_of_the_task(model, small_tokenizer, top_k):
    answer = ask(served(model, small_tokenizer, top_k=top_k), text=TEXTS)
    assert_same_fills(answer, by_task(model, small_tokenizer, TEXTS, top_k))
    assert answer["token"].shape[2] == top_k


def test_rows_do_not_depend_on_their_batch(model, small_tokenizer):
    assert_rows_alone_are_the_same(served(model, small_tokenizer, top_k=5), {"text": TEXTS})


def test_without_masks_the_rank_is_the_same(model, small_tokenizer):
    function = served(model, small_tokenizer, top_k=5)
    for texts in ([], ["", "none"]):
        answer = ask(function, text=texts)
        assert answer["token"].shape == answer["score"].shape == (len(texts), 0, 5)
        assert answer["num_masks"].tolist() == [0] * len(texts)


def test_any_text_may_stand_around_a_mask(model, small_tokenizer):
    raw = [text + b"[MASK]" + text for text in HOSTILE]
    answer = ask(served(model, small_tokenizer, top_k=5), text=raw)
    assert answer["num_masks"].tolist() == [1] * len(raw)
    assert all(token.decode("utf-8") for token in answer["token"].ravel())
    assert_same_fills(answer, by_task(model, small_tokenizer, decoded(raw)))


def test_the_whole_vocabulary_may_be_asked_for(small_tokenizer, text_config):
    # A table that is larger than the vocabulary: no piece has the last rows' numbers.
    wide = RemBertForMaskedLM(text_config.replace(vocab_size=len(small_tokenizer) + 8))
    answer = ask(served(wide, small_tokenizer, top_k=10**6), text=["[MASK]"])
    assert answer["token"].shape == (1, 1, len(small_tokenizer))
    assert 0.9 < answer["score"].sum() < 1
    assert all(token.decode("utf-8") for token in answer["token"].ravel())


def test_another_mask_token(model, small_vocabulary):
    tokenizer = RemBertTokenizerFast.from_pretrained(
        small_vocabulary, mask_token="<blank>", additional_special_tokens=[]
    )
    config = model.config.replace(vocab_size=len(tokenizer))
    other = RemBertForMaskedLM(config)
    module = MaskedLMSignatures(other, tokenizer, LENGTH, MaskedLMOptions())
    answer = ask(module.serving_default(), text=["a <blank> b", "a [MASK] b", module.sample_inputs("x")["text"]])
    assert answer["num_masks"].tolist() == [1, 0, 1]


def test_the_tokenize_signature_shows_the_mask_alone(model, small_tokenizer):
    module = MaskedLMSignatures(model, small_tokenizer, LENGTH, MaskedLMOptions())
    texts = ["a [MASK] [PAD]", "[MASK]" * 40]
    answer = module.tokenize()(text=tf.constant(texts))
    expected = small_tokenizer(
        texts, padding=True, truncation=True, max_length=LENGTH, split_special_tokens="all_but_mask"
    )
    np.testing.assert_array_equal(answer["input_ids"], expected["input_ids"])
    assert (answer["input_ids"].numpy() == small_tokenizer.mask_token_id).sum(axis=1).tolist() == [1, LENGTH - 2]


@pytest.mark.slow
def test_work_in_small_portions_changes_nothing(model, small_tokenizer, monkeypatch):
    whole = ask(served(model, small_tokenizer, top_k=5), text=TEXTS)
    monkeypatch.setattr(chunks, "CHUNK_PIECES", 50)
    monkeypatch.setattr(piece_scores, "CHUNK_LOGITS", 7 * model.config.vocab_size)
    portions = ask(served.__wrapped__(model, small_tokenizer, top_k=5), text=TEXTS)
    np.testing.assert_allclose(whole["score"], portions["score"], atol=1e-6)
    np.testing.assert_array_equal(whole["token"], portions["token"])


@pytest.mark.slow
def test_the_narrowest_rows_are_filled_too(model, small_tokenizer):
    least = MaskedLMSignatures.least_length(MaskedLMOptions(), False)
    answer = ask(served(model, small_tokenizer, least), text=TEXTS)
    assert_same_fills(answer, by_task(model, small_tokenizer, TEXTS, length=least))


@pytest.mark.slow
def test_a_written_model_answers_the_same(model, small_tokenizer, tmp_path):
    module = MaskedLMSignatures(model, small_tokenizer, LENGTH, MaskedLMOptions())
    function = saved_and_loaded(module, tmp_path / "1")
    assert_servable(function, tmp_path / "1")
    answer, expected = ask(function, text=TEXTS), ask(served(model, small_tokenizer, top_k=5), text=TEXTS)
    np.testing.assert_allclose(answer.pop("score"), expected.pop("score"), atol=1e-6)
    for name, value in answer.items():
        np.testing.assert_array_equal(value, expected[name])


@pytest.mark.slow
@pytest.mark.skipif(not DECLARATION.is_file(), reason=f"needs {DECLARATION}, which is not part of the repository")
@pytest.mark.parametrize("vocabulary", ["udef_bytes_8k", "ctrl_16k"])
def test_real_text_is_filled_as_by_the_task(text_config, vocabulary):
    tokenizer = RemBertTokenizerFast.from_pretrained(str(fixture(f"tokenizer/models/{vocabulary}/sentencepiece.model")))
    keras.utils.set_random_seed(5)
    model = RemBertForMaskedLM(text_config.replace(vocab_size=len(tokenizer), initializer_range=0.4))
    with lzma.open(DECLARATION, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][:4]
    texts = []
    for row in rows:
        languages = sorted(set(row) - {"article"})
        assert len(languages) >= 12
        for language in languages:
            text = row[language]
            third = len(text) // 3
            texts.append(f"{text[:third]}[MASK]{text[third : 2 * third]} [MASK] {text[2 * third :]}")
    answer = ask(served(model, tokenizer, 40, top_k=5), text=texts)
    assert_same_fills(answer, by_task(model, tokenizer, texts, length=40))
    assert (answer["num_masks"] == 2).all()


@pytest.mark.parametrize("value", [0, -1, 2.0, True])
def test_impossible_options(value):
    with pytest.raises(InputError, match=f"top_k must be an integer, 1 or more, not {value}"):
        MaskedLMOptions(top_k=value)
