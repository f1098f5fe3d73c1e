"""Served encoders: the same vectors as in Python, however they are pooled."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertModel
from rembert_tf.errors import InputError
from rembert_tf.serving.options import EmbeddingOptions
from rembert_tf.serving.signatures.embedding import EmbeddingSignatures

TEXTS = ["Guten Tag", "", "नमस्ते दुनिया", "今日は", "a " * 100, b"\xff\xfe broken", "nul\0byte"]
LENGTH = 24


@pytest.fixture(scope="module")
def encoder(text_config):
    return RemBertModel(text_config)


@pytest.fixture(scope="module")
def served(encoder, small_tokenizer):
    """Returns the traced `serving_default` of some options; each is traced once."""

    @functools.cache
    def trace(**options):
        module = EmbeddingSignatures(encoder, small_tokenizer, LENGTH, EmbeddingOptions(**options))
        return module.serving_default()

    return trace


@pytest.fixture(scope="module")
def states(encoder, small_tokenizer):
    """Hidden states, mask and pooler output of each text by itself, so that nothing is padded."""
    outputs = []
    for text in TEXTS:
        encoded = small_tokenizer([text], truncation=True, max_length=LENGTH, split_special_tokens=True, padding=True)
        outputs.append(encoder(encoded, output_hidden_states=True))
    return outputs


@pytest.mark.parametrize(("pooling", "layer"), [("mean", -1), ("mean", 0), ("cls", 1)])
def test_vectors_are_pooled_hidden_states(served, states, pooling, layer):
    # The default is asked for as such: a function is kept for the options as they were given.
    options = {} if (pooling, layer) == ("mean", -1) else {"pooling": pooling, "layer": layer}
    embedding = served(**options)(tf.constant(TEXTS))["embedding"]
    rows = [np.asarray(output["hidden_states"][layer])[0] for output in states]
    expected = [row.mean(axis=0) if pooling == "mean" else row[0] for row in rows]
    np.testing.assert_allclose(embedding, expected, atol=1e-5)


def test_the_poolers_output(served, states):
    embedding = served(pooling="pooler")(tf.constant(TEXTS))["embedding"]
    np.testing.assert_allclose(embedding, [np.asarray(output["pooler_output"])[0] for output in states], atol=1e-5)


def test_normalized_vectors_have_length_one(served):
    plain = served()(tf.constant(TEXTS))["embedding"].numpy()
    normalized = served(normalize=True)(tf.constant(TEXTS))["embedding"].numpy()
    np.testing.assert_allclose(np.linalg.norm(normalized, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(normalized, plain / np.linalg.norm(plain, axis=1, keepdims=True), atol=1e-5)


def test_an_empty_batch_is_answered(served, encoder):
    answer = served()(tf.constant([], tf.string))["embedding"]
    assert answer.shape == (0, encoder.config.hidden_size)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pooling": "max"}, "pooling must be 'mean' or 'cls' or 'pooler', not 'max'"),
        ({"layer": 3}, "layer must be from -3 to 2 for 2 layers, not 3"),
        ({"pooling": "pooler", "layer": 1}, "layer must be -1 with pooling='pooler'"),
    ],
)
def test_impossible_options(served, options, message):
    with pytest.raises(InputError, match=message):
        served(**options)


def test_a_model_without_pooler(text_config, small_tokenizer):
    model = RemBertModel(text_config, add_pooling_layer=False)
    with pytest.raises(InputError, match="needs a model with a pooler"):
        EmbeddingSignatures(model, small_tokenizer, LENGTH, EmbeddingOptions(pooling="pooler"))
    answer = EmbeddingSignatures(model, small_tokenizer, LENGTH, EmbeddingOptions()).serving_default()
    assert answer(tf.constant(["x"]))["embedding"].shape == (1, text_config.hidden_size)
