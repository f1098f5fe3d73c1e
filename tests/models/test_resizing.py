"""`resize_token_embeddings`: more or fewer pieces, the others as they were."""

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForMaskedLM, RemBertForSequenceClassification, RemBertModel
from rembert_tf.errors import InputError

IDS = {"input_ids": np.arange(1, 13).reshape(2, 6)}


@pytest.mark.parametrize("rows", [70, 50, 20])
def test_a_language_model(small_config, tmp_path, rows):
    model = RemBertForMaskedLM(small_config)
    model.lm_head.decoder.bias.assign(np.arange(50.0))
    before = model(IDS).numpy()
    order = [weight.path for weight in model.weights]
    assert model.resize_token_embeddings(rows) is model
    assert model.config.vocab_size == model.rembert.config.vocab_size == rows
    assert [weight.path for weight in model.weights] == order
    after = model(IDS).numpy()
    assert after.shape == (2, 6, rows)
    kept = min(rows, 50)
    np.testing.assert_allclose(after[:, :, :kept], before[:, :, :kept], atol=1e-5)
    tables = model.rembert.embeddings.word_embeddings.embeddings, model.lm_head.decoder.embeddings
    assert [table.shape for table in tables] == [(rows, 8), (rows, 10)]
    if rows > 50:
        assert all(np.abs(table.numpy()[50:]).max() > 0.05 for table in tables)
        np.testing.assert_array_equal(model.lm_head.decoder.bias.numpy()[50:], 0)
    model.save_pretrained(tmp_path)
    again = RemBertForMaskedLM.from_pretrained(tmp_path)
    np.testing.assert_array_equal(again(IDS), after)
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(IDS), after)


@pytest.mark.parametrize("model_class", [RemBertModel, RemBertForSequenceClassification])
def test_other_classes(small_config, model_class):
    model = model_class(small_config)
    model.resize_token_embeddings(60)
    model({"input_ids": np.array([[59, 1]])})
    with pytest.raises(InputError, match="input_ids holds 60, but must be from 0 to 59"):
        model({"input_ids": np.array([[60, 1]])})


def test_new_rows_are_trained(small_config):
    model = RemBertForMaskedLM(small_config)
    model.resize_token_embeddings(60)
    model.compile(optimizer=keras.optimizers.SGD(0.5), jit_compile=False)
    tables = model.rembert.embeddings.word_embeddings.embeddings, model.lm_head.decoder.embeddings
    before = [table.numpy()[55] for table in tables]
    model.train_on_batch({"input_ids": np.array([[55, 2, 3]])}, np.array([[-100, 55, -100]]))
    assert all(np.any(table.numpy()[55] != kept) for table, kept in zip(tables, before, strict=True))


def test_an_impossible_number(small_config):
    model = RemBertModel(small_config)
    with pytest.raises(InputError, match="vocab_size must be a positive integer, not 0"):
        model.resize_token_embeddings(0)
    assert model.config.vocab_size == 50
