"""Embeddings: recorded states of the reference, pooled by hand; padding and batches change nothing."""

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForSequenceClassification, RemBertModel
from rembert_tf.errors import InputError
from rembert_tf.tasks.retrieval.embeddings import PooledStates, SentenceEmbedder, default_layer, sentence_embeddings
from tests.golden import Case, assert_close, model_directory

TEXTS = ["one", "a much longer sentence than the others, with many pieces in it", "", "two words", "one"]


@pytest.fixture(scope="module")
def model(text_config):
    keras.utils.set_random_seed(1)
    return RemBertModel(text_config)


@pytest.mark.parametrize("name", ["ids_only", "left_padded"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_pooling_of_the_references_states(name, pooling):
    case = Case("base_model", name)
    states = [case.expected[f"hidden_states.{layer}"].astype("float64") for layer in range(4)]
    mask = case.inputs.get("attention_mask", np.ones_like(case.inputs["input_ids"]))
    expected = np.zeros((len(mask), 4, states[0].shape[-1]))
    for row in range(len(mask)):
        for layer in range(4):
            kept = [states[layer][row, place] for place in range(mask.shape[1]) if mask[row, place]]
            expected[row, layer] = states[layer][row, 0] if pooling == "cls" else sum(kept) / len(kept)
    pooled = PooledStates(RemBertModel.from_pretrained(model_directory("base_model")), range(4), pooling)
    inputs = {"input_ids": case.inputs["input_ids"], "attention_mask": mask, "pooled_positions": mask}
    assert_close(f"pooled states {name} {pooling}", pooled(inputs), expected, 1e-5)


def by_hand(model, tokenizer, text, layer, specials=True):
    ids = tokenizer([text], padding=True, truncation=True, max_length=64, split_special_tokens=True)["input_ids"]
    states = np.asarray(model({"input_ids": ids}, output_hidden_states=True)["hidden_states"][layer])[0]
    states = states if specials else states[1:-1]
    return states.mean(axis=0) if len(states) else np.zeros(model.config.hidden_size)


@pytest.mark.parametrize("specials", [True, False])
def test_mean_is_that_of_each_sentence_alone(model, small_tokenizer, specials):
    embedder = SentenceEmbedder(model, small_tokenizer, batch_size=4, max_length=64, specials=specials)
    for layer, found in embedder.by_layer(TEXTS, [0, 2]):
        assert found.shape == (5, 12) and found.dtype == np.float32
        for text, embedding in zip(TEXTS, found, strict=True):
            assert embedding == pytest.approx(by_hand(model, small_tokenizer, text, layer, specials), abs=1e-5)


def test_spelled_out_special_tokens_are_text(model, small_tokenizer):
    found = sentence_embeddings(model, small_tokenizer, ["a [SEP] b"], 1, max_length=64)
    assert found[0] == pytest.approx(by_hand(model, small_tokenizer, "a [SEP] b", 1), abs=1e-5)


def test_all_layers_in_one_pass_or_in_several(model, small_tokenizer):
    done = []
    embedder = SentenceEmbedder(model, small_tokenizer, batch_size=4, max_length=64)
    together = dict(embedder.by_layer(TEXTS))
    alone = dict(embedder.by_layer(TEXTS, memory=1, report=lambda *progress: done.append(progress)))
    assert list(together) == list(alone) == [0, 1, 2]
    for layer in range(3):
        assert alone[layer] == pytest.approx(together[layer], abs=1e-6)
        assert together[layer][0].tobytes() == together[layer][4].tobytes()  # equal texts
    # Three passes over four different texts.
    assert done == [(4, 12), (8, 12), (12, 12)]


def test_a_model_with_a_head_lends_its_encoder(text_config, small_tokenizer):
    classifier = RemBertForSequenceClassification(text_config)
    found = sentence_embeddings(classifier, small_tokenizer, TEXTS[:1], 2, max_length=64)
    assert found[0] == pytest.approx(by_hand(classifier.rembert, small_tokenizer, TEXTS[0], 2), abs=1e-5)


def test_no_texts_no_rows(model, small_tokenizer):
    assert sentence_embeddings(model, small_tokenizer, [], 1, max_length=64).shape == (0, 12)


def test_default_layer_is_xtremes_for_its_models():
    # specific_layer 7 and 13 among the blocks' outputs, which run_retrieval.py cuts from all hidden states.
    assert [list(range(1, depth + 1))[number] for depth, number in ((12, 7), (24, 13))] == [8, 14]
    assert [default_layer(depth) for depth in (1, 2, 3, 12, 24, 32)] == [1, 2, 3, 8, 14, 18]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"layer": 3}, "no layer 3.*to 2"),
        ({"layer": -1}, "no layer -1"),
        ({"pooling": "max"}, "mean, cls, not 'max'"),
        ({"max_length": 65}, "max_length is 65.*64 positions"),
        ({"max_length": 2}, "max_length is 2"),
    ],
)
def test_refuses(model, small_tokenizer, arguments, message):
    with pytest.raises(InputError, match=message):
        sentence_embeddings(model, small_tokenizer, TEXTS, **{"max_length": 64, **arguments})


def test_refuses_a_foreign_tokenizer(small_config, small_tokenizer):
    with pytest.raises(InputError, match="do not belong together"):
        sentence_embeddings(RemBertModel(small_config), small_tokenizer, TEXTS, max_length=16)
