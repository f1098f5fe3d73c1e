"""save_pretrained and from_pretrained: what is written, what is read, what is refused."""

import json
import shutil
import warnings

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from rembert_tf import RemBertConfig, RemBertForCausalLM, RemBertForSequenceClassification, RemBertModel
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights.model_directory import load_weights
from rembert_tf.weights.weight_table import weights_of
from tests.golden import STATES, cases, fixture, model_directory

CLASSES = {"base_model": RemBertModel, "seqcls_single": RemBertForSequenceClassification}
FULL = next(case for case in cases("RemBertModel", "last_hidden_state") if str(case) == "base_model-full")


@pytest.fixture
def copied(tmp_path):
    """A model directory that a test may spoil."""
    return shutil.copytree(model_directory("base_model"), tmp_path / "model")


def rewrite(directory, change):
    """Changes the tensors of a directory in place."""
    tensors = load_file(directory / "model.safetensors")
    change(tensors)
    save_file(tensors, directory / "model.safetensors")


def values(model):
    return {weight.name: weight.variable.numpy() for weight in weights_of(model)}


@pytest.mark.parametrize("name", CLASSES)
def test_reading_and_writing_again_is_bit_exact(name, tmp_path):
    CLASSES[name].from_pretrained(model_directory(name)).save_pretrained(tmp_path / "saved")
    theirs = load_file(f"{model_directory(name)}/model.safetensors")
    ours = load_file(tmp_path / "saved/model.safetensors")
    assert ours.keys() == theirs.keys()
    for key, tensor in theirs.items():
        assert ours[key].dtype == tensor.dtype == np.float32
        assert ours[key].tobytes() == tensor.tobytes(), key
    assert sorted(path.name for path in (tmp_path / "saved").iterdir()) == ["config.json", "model.safetensors"]


@pytest.mark.parametrize("name", CLASSES)
def test_a_saved_model_comes_back_the_same(name, small_config, tmp_path):
    model = CLASSES[name](small_config)
    model.save_pretrained(tmp_path)
    again = CLASSES[name].from_pretrained(str(tmp_path))
    assert json.loads((tmp_path / "config.json").read_text())["architectures"] == [type(model).__name__]
    assert again.config.replace(extra={}) == small_config
    for (key, ours), theirs in zip(values(again).items(), values(model).values(), strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=key)


def test_the_reference_finds_its_format_mark(small_config, tmp_path):
    """The transformers library refuses a safetensors file without this metadata."""
    RemBertModel(small_config).save_pretrained(tmp_path)
    with open(tmp_path / "model.safetensors", "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    assert header["__metadata__"] == {"format": "pt"}


def test_a_causal_language_model_brings_its_generation_settings(tmp_path):
    """What transformers derives from the same configuration, but for its version and its own switches."""
    found = fixture("hf/models/causal_lm")
    if found is None:
        pytest.skip("the reference model causal_lm is not in this checkout")
    config = RemBertConfig.from_pretrained(found)
    RemBertForCausalLM(config).save_pretrained(tmp_path / "saved")
    ours = json.loads((tmp_path / "saved" / "generation_config.json").read_text())
    theirs = json.loads((found / "generation_config.json").read_text())
    assert ours == {name: value for name, value in theirs.items() if name in ours}
    assert theirs.keys() - ours.keys() == {"output_attentions", "output_hidden_states", "transformers_version"}
    RemBertForCausalLM(config.replace(eos_token_id=None)).save_pretrained(tmp_path / "saved")
    assert "eos_token_id" not in json.loads((tmp_path / "saved" / "generation_config.json").read_text())


def test_configuration_overrides(copied):
    model = RemBertModel.from_pretrained(copied, hidden_act="gelu_new", hidden_dropout_prob=0.2)
    assert (model.config.hidden_act, model.config.hidden_dropout_prob) == ("gelu_new", 0.2)
    with pytest.raises(InputError, match="no field hiden_act"):
        RemBertModel.from_pretrained(copied, hiden_act="gelu")


def test_other_files_of_the_directory_stay(copied, small_config):
    (copied / "notes.txt").write_text("kept")
    RemBertModel(small_config).save_pretrained(copied)
    assert (copied / "notes.txt").read_text() == "kept"
    assert RemBertModel.from_pretrained(copied).config.hidden_size == small_config.hidden_size


def test_an_encoder_reads_a_heads_directory():
    """Names with prefix; the head's own weights are passed over without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder = RemBertModel.from_pretrained(model_directory("seqcls_single"))
    head = RemBertForSequenceClassification.from_pretrained(model_directory("seqcls_single"))
    for name, value in values(encoder).items():
        np.testing.assert_array_equal(value, values(head)[f"rembert.{name}"], err_msg=name)


def test_a_head_reads_an_encoders_directory_and_names_its_new_weights():
    with pytest.warns(UserWarning) as caught:
        head = RemBertForSequenceClassification.from_pretrained(model_directory("base_model"), num_labels=4)
    assert len(caught) == 1
    assert "no weights for classifier.bias, classifier.weight:" in str(caught[0].message)
    assert caught[0].filename == __file__
    encoder = values(RemBertModel.from_pretrained(model_directory("base_model")))
    for name, value in values(head).items():
        if name.startswith("rembert."):
            np.testing.assert_array_equal(value, encoder[name.removeprefix("rembert.")], err_msg=name)
    assert head.classifier.kernel.shape == (48, 4)
    assert np.any(head.classifier.kernel.numpy())


def test_a_directory_without_pooler_starts_one(copied):
    def remove(tensors):
        del tensors["pooler.dense.weight"], tensors["pooler.dense.bias"]

    rewrite(copied, remove)
    with pytest.warns(UserWarning, match=r"no weights for pooler.dense.bias, pooler.dense.weight: .*new"):
        RemBertModel.from_pretrained(copied)


def test_what_the_family_knows_is_passed_over(copied, caplog):
    known = ["embeddings.position_ids", "cls.predictions.dense.weight", "qa_outputs.bias", "cls.seq_relationship.bias"]
    rewrite(copied, lambda tensors: tensors.update({name: np.ones(3, "float32") for name in known}))
    with warnings.catch_warnings(), caplog.at_level("INFO", logger="rembert_tf"):
        warnings.simplefilter("error")
        model = RemBertModel.from_pretrained(copied)
    assert all(name in caplog.text for name in known)
    assert np.max(np.abs(model(FULL.inputs)["last_hidden_state"] - FULL.expected["last_hidden_state"])) < STATES


@pytest.mark.parametrize("name", CLASSES)
def test_every_wrong_weight_is_listed_and_nothing_is_changed(name, tmp_path):
    directory = shutil.copytree(model_directory(name), tmp_path / "model")
    prefix = "rembert." if name == "seqcls_single" else ""

    def spoil(tensors):
        del tensors[f"{prefix}embeddings.word_embeddings.weight"]
        del tensors[f"{prefix}encoder.layer.1.output.dense.bias"]
        tensors[f"{prefix}encoder.layer.7.output.dense.bias"] = np.ones(48, "float32")
        tensors["adapter.down.weight"] = np.ones(2, "float32")
        tensors[f"{prefix}encoder.layer.0.attention.self.key.weight"] = np.ones((48, 47), "float32")
        tensors[f"{prefix}pooler.dense.bias"] = np.ones(47, "float32")

    rewrite(directory, spoil)
    model = CLASSES[name](CLASSES[name].from_pretrained(model_directory(name)).config)
    before = values(model)
    with pytest.raises(InputError) as error:
        load_weights(model, directory)
    message = str(error.value)
    for said in (
        "6 differ",
        f"missing {prefix}embeddings.word_embeddings.weight",
        f"missing {prefix}encoder.layer.1.output.dense.bias",
        f"unknown {prefix}encoder.layer.7.output.dense.bias",
        "unknown adapter.down.weight",
        f"{prefix}encoder.layer.0.attention.self.key.weight has shape (48, 47) instead of (48, 48)",
        f"{prefix}pooler.dense.bias has shape (47,) instead of (48,)",
        repr(str(directory)),
        CLASSES[name].__name__,
    ):
        assert said in message
    for key, value in values(model).items():
        np.testing.assert_array_equal(value, before[key], err_msg=key)


def test_another_number_of_labels_is_a_wrong_shape():
    with pytest.raises(InputError, match=r"classifier.weight has shape \(3, 48\) instead of \(5, 48\)"):
        RemBertForSequenceClassification.from_pretrained(model_directory("seqcls_single"), num_labels=5)


def test_a_weight_that_is_there_twice(copied):
    rewrite(copied, lambda tensors: tensors.update({"rembert.pooler.dense.bias": np.zeros(48, "float32")}))
    with pytest.raises(InputError, match="pooler.dense.bias is there both with and without a prefix"):
        RemBertModel.from_pretrained(copied)


@pytest.mark.parametrize(("dtype", "exact"), [("float16", 2e-2), (ml_dtypes.bfloat16, 0.3), ("float64", STATES)])
def test_files_of_other_precisions(copied, dtype, exact):
    """They are read as float32, rounded exactly as the file is, and saved as float32."""
    stored = {}

    def round_all(tensors):
        stored.update({name: tensor.astype(dtype) for name, tensor in tensors.items()})
        tensors.update(stored)

    rewrite(copied, round_all)
    model = RemBertModel.from_pretrained(copied)
    for weight in weights_of(model):
        expected = stored[weight.name].astype("float32")
        np.testing.assert_array_equal(weight.layout.to_file(weight.variable.numpy()), expected, err_msg=weight.name)
    assert np.max(np.abs(model(FULL.inputs)["last_hidden_state"] - FULL.expected["last_hidden_state"])) < exact
    content = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**content, "dtype": "bfloat16"}))
    RemBertModel.from_pretrained(copied).save_pretrained(copied)
    assert {tensor.dtype.name for tensor in load_file(copied / "model.safetensors").values()} == {"float32"}
    assert json.loads((copied / "config.json").read_text())["dtype"] == "float32"


@pytest.mark.parametrize("keep", [0, 5, 1000, -100])
def test_a_file_that_is_cut_short(copied, keep):
    content = (copied / "model.safetensors").read_bytes()
    (copied / "model.safetensors").write_bytes(content[:keep])
    with pytest.raises(InputError, match="model.safetensors' is not a whole safetensors file"):
        RemBertModel.from_pretrained(copied)


def test_files_that_are_missing(copied, tmp_path):
    (copied / "model.safetensors").unlink()
    with pytest.raises(MissingFileError, match="has no weights, .* model.safetensors, .* tf_model.h5"):
        RemBertModel.from_pretrained(copied)
    (copied / "config.json").unlink()
    with pytest.raises(MissingFileError, match="config.json"):
        RemBertModel.from_pretrained(copied)
    with pytest.raises(MissingFileError, match="no model directory at .*nowhere'"):
        RemBertModel.from_pretrained(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file; a model is a directory"):
        RemBertModel.from_pretrained(tmp_path / "file")


@pytest.mark.parametrize("name", CLASSES)
def test_the_weight_table_holds_every_variable_once(name):
    model = CLASSES[name].from_pretrained(model_directory(name))
    in_table = [id(weight.variable) for weight in weights_of(model)]
    assert len(in_table) == len(set(in_table))
    assert set(in_table) == {id(weight) for weight in model.weights}
    in_file = load_file(f"{model_directory(name)}/model.safetensors")
    assert {weight.name: weight.file_shape for weight in weights_of(model)} == {
        key: tensor.shape for key, tensor in in_file.items()
    }
