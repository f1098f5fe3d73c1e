"""Fewer blocks: each layer of the result is one of the original's, by the reference's recorded numbers too."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from rembert_tf import RemBertConfig, RemBertForSequenceClassification, RemBertModel
from rembert_tf.checkpoints_tools.surgery.keep_layers import keep_layers
from rembert_tf.cli import main
from rembert_tf.errors import InputError
from tests.checkpoints_tools.surgery.directories import digests
from tests.golden import STATES, Case, assert_close, fixture, model_directory

IDS = {"input_ids": np.arange(24).reshape(2, 12) % 50}


@pytest.mark.parametrize("count", [1, 2])
def test_the_last_state_is_a_hidden_state_of_the_reference(count, tmp_path):
    """Against what transformers computed for the whole model."""
    case = Case("base_model", "full")
    keep_layers(model_directory("base_model"), tmp_path / "out", count)
    model = RemBertModel.from_pretrained(tmp_path / "out")
    assert model.config.num_hidden_layers == count
    ours = model(case.inputs)["last_hidden_state"]
    assert_close("keep-layers", ours, case.expected[f"hidden_states.{count}"], STATES)


@pytest.mark.parametrize("count", [1, 3, 5])
def test_the_first_blocks(count, make_directory, tmp_path):
    directory = make_directory("RemBertForSequenceClassification", num_hidden_layers=5, pieces=None)
    before = digests(directory)
    found = keep_layers(directory, tmp_path / "out", count)
    assert digests(directory) == before
    whole = RemBertForSequenceClassification.from_pretrained(directory)
    model = RemBertForSequenceClassification.from_pretrained(tmp_path / "out")
    states = whole.rembert(IDS, output_hidden_states=True)["hidden_states"]
    np.testing.assert_array_equal(model.rembert(IDS)["last_hidden_state"], states[count])
    np.testing.assert_array_equal(model.classifier.kernel, whole.classifier.kernel)
    assert (found.layers, found.num_hidden_layers) == (list(range(count)), (5, count))
    assert found.parameters == (whole.count_params(), model.count_params())
    assert model.config == whole.config.replace(num_hidden_layers=count)


def test_chosen_blocks(make_directory, tmp_path):
    """Every tensor is compared by name, read with the safetensors library."""
    directory = make_directory("RemBertForMaskedLM", num_hidden_layers=5, pieces=None)
    keep_layers(directory, tmp_path / "out", [0, 2, 4])
    whole, kept = (load_file(place / "model.safetensors") for place in (directory, tmp_path / "out"))
    old = {"0": "0", "1": "2", "2": "4"}
    for name, array in kept.items():
        start, _, rest = name.partition("encoder.layer.")
        number, _, last = rest.partition(".")
        source = f"{start}encoder.layer.{old[number]}.{last}" if rest else name
        np.testing.assert_array_equal(array, whole[source], err_msg=name)
    assert len(kept) == len(whole) - 2 * 16


def test_a_pytorch_file(tmp_path):
    """What an old release of transformers wrote, names without prefix."""
    directory = fixture("hf_legacy/pt_bin_base_noprefix")
    found = keep_layers(directory, tmp_path / "out", 1)
    assert found.left_out == []
    whole, model = (RemBertModel.from_pretrained(place) for place in (directory, tmp_path / "out"))
    states = whole(IDS, output_hidden_states=True)["hidden_states"]
    np.testing.assert_array_equal(model(IDS)["last_hidden_state"], states[1])


def test_other_files_come_along(make_directory, tmp_path):
    directory = make_directory("RemBertForCausalLM", "oss_1k", is_decoder=True, num_hidden_layers=3, shards=20000)
    (directory / "README.md").write_text("about it")
    for name in ("optimizer.npz", "pytorch_model.bin"):
        (directory / name).write_bytes(b"other weights")
    found = keep_layers(directory, tmp_path / "out", 2, max_shard_size=30000)
    for name in (
        "sentencepiece.model",
        "tokenizer.json",
        "tokenizer_config.json",
        "generation_config.json",
        "README.md",
    ):
        assert (tmp_path / "out" / name).read_bytes() == (directory / name).read_bytes()
    assert found.left_out == ["optimizer.npz", "pytorch_model.bin"]
    assert len(list((tmp_path / "out").glob("model-*-of-*.safetensors"))) > 1
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["architectures"] == ["RemBertForCausalLM"]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (0, "layers must be 1 to 2, as many as the model has, not 0"),
        (-1, "layers must be 1 to 2.* not -1"),
        (3, "layers must be 1 to 2.* not 3"),
        ([], "name at least one layer to keep, from 0 to 1"),
        ([0, 2], "has no layer 2: its layers are numbered 0 to 1"),
        ([-1], "has no layer -1"),
        ([1, 0], "in rising order, not 1, 0"),
        ([0, 0], "once each"),
    ],
)
def test_layers_that_are_none(layers, message, make_directory, tmp_path):
    directory = make_directory(pieces=None)
    with pytest.raises(InputError, match=message):
        keep_layers(directory, tmp_path / "out", layers)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_places_that_cannot_be_used(make_directory, tmp_path):
    directory = make_directory(pieces=None)
    (tmp_path / "there").mkdir()
    before = digests(tmp_path)
    for source, output, message in (
        (directory, tmp_path / "there", "exists already"),
        (directory, directory / "out", "lies inside"),
        (directory, "gs://bucket/out", "give a local directory"),
        ("gs://bucket/model", tmp_path / "out", "no local directory"),
        (tmp_path / "none", tmp_path / "out", "there is no model directory"),
        (directory / "config.json", tmp_path / "out", "is a file"),
        (tmp_path / "there", tmp_path / "out", "no configuration"),
    ):
        with pytest.raises(InputError, match=message):
            keep_layers(source, output, 1)
    with pytest.raises(InputError, match="max_shard_size must be"):
        keep_layers(directory, tmp_path / "out", 1, max_shard_size="large")
    assert digests(tmp_path) == before


def test_weights_that_do_not_fit_their_configuration(make_directory, tmp_path):
    directory = make_directory(pieces=None)
    RemBertConfig.from_pretrained(directory).replace(num_hidden_layers=3, hidden_size=24).save_pretrained(directory)
    with pytest.raises(InputError, match=r"do not fit its config.json: .*has shape \(12, 8\) instead of \(24, 8\)"):
        keep_layers(directory, tmp_path / "out", 1)
    assert not (tmp_path / "out").exists()


def test_the_command(make_directory, tmp_path, capsys):
    directory = make_directory(pieces=None, num_hidden_layers=4)
    assert main.run(["keep-layers", str(directory), str(tmp_path / "two"), "--layers", "2"]) == 0
    assert ["blocks", "4", "2", "50.0%"] in [line.split() for line in capsys.readouterr().out.splitlines()]
    assert main.run(["keep-layers", str(directory), str(tmp_path / "last"), "--layers", "3,", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layers"] == [3]
    for layers, message in (
        ("9", "must be 1 to 4"),
        ("-2", "not -2"),
        ("a", "expected a number"),
        ("0,,1", "expected"),
    ):
        assert main.run(["keep-layers", str(directory), str(tmp_path / "out"), "--layers", layers]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
