"""The engine's resource outlives what TensorFlow throws away."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text as tf_text

from rembert_tf import RemBertTokenizerFast
from rembert_tf.tokenization.sentencepiece_engine import SentencePieceEngine

TEXTS = ["Guten Tag", "今日は", "", "नमस्ते दुनिया"]


@pytest.fixture
def model(small_vocabulary):
    with open(small_vocabulary, "rb") as file:
        return file.read()


def test_ids_equal_tensorflow_texts_own_tokenizer(model):
    expected = tf_text.SentencepieceTokenizer(model=model, out_type=tf.int32).tokenize(TEXTS)
    assert SentencePieceEngine(model).tokenize(TEXTS).to_list() == expected.to_list()


@pytest.mark.parametrize("disturb", [lambda: keras.utils.set_random_seed(0), keras.backend.clear_session, gc.collect])
def test_a_tokenizer_survives(small_vocabulary, disturb):
    tokenizer = RemBertTokenizerFast.from_pretrained(small_vocabulary)
    before = tokenizer(TEXTS)["input_ids"].to_list()
    in_graph = tf.function(lambda texts: tokenizer(texts)["input_ids"])
    in_graph(tf.constant(TEXTS))
    disturb()
    assert tokenizer(TEXTS)["input_ids"].to_list() == before
    assert in_graph(tf.constant(TEXTS)).to_list() == before


def test_a_loaded_saved_model_takes_no_other_tokenizer_with_it(model, tmp_path):
    engine = SentencePieceEngine(model)
    module = tf.Module()
    module.engine = engine
    module.ids = tf.function(
        lambda texts: engine.tokenize(texts).to_tensor(), input_signature=[tf.TensorSpec([None], tf.string)]
    )
    tf.saved_model.save(module, str(tmp_path))
    before = engine.tokenize(TEXTS).to_list()
    loaded = tf.saved_model.load(str(tmp_path))
    keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(loaded.ids(tf.constant(TEXTS)), engine.tokenize(TEXTS).to_tensor())
    del loaded
    gc.collect()
    keras.utils.set_random_seed(2)
    assert engine.tokenize(TEXTS).to_list() == before
