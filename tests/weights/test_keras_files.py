"""Keras' own files: `.keras` holds a model whole, `.weights.h5` its weights."""

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForSequenceClassification, RemBertModel

X = {"input_ids": np.arange(1, 25).reshape(4, 6), "attention_mask": np.array([[1, 1, 1, 1, 0, 0]] * 4)}
Y = np.array([0, 1, 2, -100])


def assert_same_weights(first, second):
    for ours, theirs in zip(first.weights, second.weights, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)


def test_a_classifier_with_its_training_state(small_config, tmp_path):
    config = small_config.replace(num_hidden_layers=1, extra={"note": "kept"})
    model = RemBertForSequenceClassification(config, name="my_classifier")
    model.compile(optimizer=keras.optimizers.SGD(1e-2, momentum=0.9), metrics=["accuracy"], jit_compile=False)
    model.fit(X, Y, batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again) is RemBertForSequenceClassification
    assert again.config == model.config
    assert again.name == "my_classifier"
    assert_same_weights(again, model)
    np.testing.assert_array_equal(again(X), model(X))
    assert again.evaluate(X, Y, batch_size=4, verbose=0) == pytest.approx(model.evaluate(X, Y, batch_size=4, verbose=0))
    histories = [each.fit(X, Y, batch_size=4, epochs=2, verbose=0).history["loss"] for each in (model, again)]
    np.testing.assert_allclose(histories[0], histories[1], rtol=1e-6)


@pytest.mark.parametrize(("pooler", "policy"), [(True, "mixed_bfloat16"), (False, "float32")])
def test_an_encoder(small_config, tmp_path, pooler, policy):
    model = RemBertModel(small_config, add_pooling_layer=pooler, dtype=policy)
    model.trainable = False
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert (again.add_pooling_layer, again.dtype_policy.name, again.trainable) == (pooler, policy, False)
    assert_same_weights(again, model)
    ours, theirs = again(X), model(X)
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        np.testing.assert_array_equal(ours[name], value)


@pytest.mark.parametrize("model_class", [RemBertModel, RemBertForSequenceClassification])
def test_weights_file_and_configuration(small_config, tmp_path, model_class):
    model = model_class(small_config)
    model.save_weights(tmp_path / "model.weights.h5")
    again = model_class.from_config(model.get_config())
    assert again.config == model.config
    assert again.name == model.name
    assert any(
        np.any(ours.numpy() != theirs.numpy()) for ours, theirs in zip(again.weights, model.weights, strict=True)
    )
    again.load_weights(tmp_path / "model.weights.h5")
    assert_same_weights(again, model)
