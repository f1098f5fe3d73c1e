"""model.safetensors of a TensorFlow class of transformers 4: its names and orientations become those of all others."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import save_file

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.errors import InputError
from rembert_tf.weights.safetensors_file import SafetensorsReader
from tests.weights.h5_writer import dataset_path
from tests.weights.test_h5_file import MODELS, assert_same, load, reference


def variables(arrays):
    """Returns arrays as the variables of a TensorFlow class: named without the model, kernels the other way round."""
    named = {dataset_path(name, "model").split("/", 2)[2]: array for name, array in arrays.items()}
    # The head of a language model is a layer of another name.
    named = {f"mlm___{name}" if name.startswith("cls/") else name: array for name, array in named.items()}
    return {
        name: np.ascontiguousarray(array.T) if name.endswith("/kernel:0") else array for name, array in named.items()
    }


@pytest.mark.parametrize("name", MODELS)
def test_every_class(name, tmp_path):
    arrays = reference(name)
    stored = variables(arrays)
    assert not stored.keys() & arrays.keys()
    save_file(stored, tmp_path / "model.safetensors", {"format": "tf"})
    assert_same(load(tmp_path), arrays)


def test_shards(tmp_path):
    arrays = reference("base_model")
    stored = variables(arrays)
    files = {name: f"model-0000{1 + number % 2}-of-00002.safetensors" for number, name in enumerate(stored)}
    for file in set(files.values()):
        save_file({name: array for name, array in stored.items() if files[name] == file}, tmp_path / file)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}))
    assert_same(load(tmp_path), arrays)


def test_a_model_is_loaded(tmp_path, small_config):
    model = RemBertForSequenceClassification(small_config)
    model.save_pretrained(tmp_path / "ours")
    shutil.copytree(tmp_path / "ours", tmp_path / "theirs")
    with SafetensorsReader(tmp_path / "ours/model.safetensors") as reader:
        arrays = {name: reader.read(name) for name in reader.names()}
    save_file(variables(arrays), tmp_path / "theirs/model.safetensors", {"format": "tf"})
    ids = {"input_ids": np.array([[5, 6, 7, 8]])}
    np.testing.assert_array_equal(
        RemBertForSequenceClassification.from_pretrained(tmp_path / "theirs")(ids), model(ids)
    )


def test_one_weight_under_two_names(tmp_path):
    kernel = np.zeros((2, 3), np.float32)
    twice = {"classifier/kernel:0": kernel, "model/classifier/kernel:0": kernel + 1}
    save_file(twice, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="holds classifier.weight twice: "):
        load(tmp_path)
