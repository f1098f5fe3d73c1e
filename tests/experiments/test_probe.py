"""The probe of frozen states: it finds what is linear in them, and words keep their own states."""

import numpy as np
import pytest

from rembert_tf import RemBertModel
from rembert_tf.experiments.probe import LinearProbe, compiled_states, probe_layers, word_states
from rembert_tf.tasks.tagging.sentences import TaggedSentences

WORDS = [["Der", "Hafen", "friert"], ["The", "harbour", "freezes", "in", "January"], ["Ja"]]
TAGS = [["DET", "NOUN", "VERB"], ["DET", "NOUN", "VERB", "ADP", "PROPN"], ["INTJ"]]
LABELS = ("ADP", "DET", "INTJ", "NOUN", "PROPN", "VERB")


@pytest.fixture(scope="module")
def encoder(text_config):
    return RemBertModel(text_config, add_pooling_layer=False)


@pytest.fixture(scope="module")
def sentences():
    return TaggedSentences(WORDS, TAGS, [""] * 3, ["here"] * 3, LABELS)


def test_it_finds_classes_that_are_linear_in_the_states():
    random = np.random.default_rng(0)
    states = random.normal(size=(500, 6)).astype("float32") * [1, 10, 0.1, 1, 1, 1] + 3
    classes = np.argmax((states - 3) @ (np.eye(6, 3) / [1, 10, 0.1]), axis=1)
    probe = LinearProbe(states[:400], classes[:400], 3)
    assert np.mean(probe(states[400:]) == classes[400:]) > 0.85
    unrelated = LinearProbe(states[:400], random.permutation(classes[:400]), 3)
    assert np.mean(unrelated(states[400:]) == classes[400:]) < 0.6


def test_every_word_has_the_state_of_its_first_piece(encoder, small_tokenizer, sentences):
    found = word_states(compiled_states(encoder), encoder, small_tokenizer, sentences, 64)
    assert found.shape == (encoder.config.num_hidden_layers + 1, 9, encoder.config.hidden_size)
    first = 0
    for words in WORDS:
        encoded = small_tokenizer.encode_words([words])
        starts = [list(encoded["word_ids"].values.numpy()[1:-1]).index(word) + 1 for word in range(len(words))]
        states = encoder({"input_ids": encoded["input_ids"].to_tensor()}, output_hidden_states=True)["hidden_states"]
        for layer, state in enumerate(states):
            mine = found[layer, first : first + len(words)]
            np.testing.assert_allclose(mine, state.numpy()[0, starts], rtol=1e-4, atol=1e-5)
        first += len(words)


def test_layers_are_scored_in_every_language(encoder, small_tokenizer, sentences):
    found = probe_layers(encoder, small_tokenizer, sentences, {"en": sentences, "de": sentences.select([0])}, 64)
    assert [set(scores) for scores in found] == [{"en", "de"}] * (encoder.config.num_hidden_layers + 1)
    assert found[0]["en"] > 0.7  # fitted to these very words, of which nearly all differ
