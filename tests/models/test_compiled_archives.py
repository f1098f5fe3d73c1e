"""A `.keras` file of a compiled model loads compiled, the state of its optimizer included."""

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForMaskedLM, RemBertForSequenceClassification

IDS = np.random.default_rng(0).integers(1, 50, (16, 6))


@pytest.mark.filterwarnings("error:.*compile:UserWarning")
@pytest.mark.parametrize("kind", [RemBertForSequenceClassification, RemBertForMaskedLM])
def test_a_loaded_model_is_compiled_as_the_saved_one_was(kind, small_config, tmp_path):
    model = kind(small_config.replace(num_hidden_layers=1))
    labels = IDS[:, 1] % 3 if kind is RemBertForSequenceClassification else IDS
    model.compile(optimizer=keras.optimizers.Adam(0.02), metrics=["accuracy"], run_eagerly=True)
    model.fit({"input_ids": IDS}, labels, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert int(again.optimizer.iterations) == 2 and again.loss is None
    for saved, loaded in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(saved, loaded)
    found = [
        one.evaluate({"input_ids": IDS}, labels, batch_size=16, verbose=0, return_dict=True) for one in (model, again)
    ]
    assert found[0].keys() == {"loss", "accuracy"} and found[0] == pytest.approx(found[1])
