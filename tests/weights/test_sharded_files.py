"""Weights that are spread over several files: written as the reference does, read with care."""

import json
import struct
import weakref

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from rembert_tf import RemBertForSequenceClassification, RemBertModel
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights import safetensors_writer
from rembert_tf.weights.flavours import open_weights
from rembert_tf.weights.weight_table import weights_of
from tests.weights import torch_writer

INDEX = {"safetensors": "model.safetensors.index.json", "bin": "pytorch_model.bin.index.json"}
ARRAYS = {"a": np.arange(6, dtype="float32").reshape(2, 3), "b": np.ones(4, "float32"), "c": np.zeros((), "float32")}


def files(directory):
    return sorted(path.name for path in directory.iterdir())


def saved_arrays(directory):
    """Returns what the safetensors library finds in all files of a directory."""
    arrays = {}
    for path in sorted(directory.glob("*.safetensors")):
        arrays.update(load_file(path))
    return arrays


def assert_same_weights(ours, theirs):
    for first, second in zip(weights_of(ours), weights_of(theirs), strict=True):
        np.testing.assert_array_equal(first.variable.numpy(), second.variable.numpy(), err_msg=first.name)


def test_shards_hold_what_one_file_holds(small_config, tmp_path):
    model = RemBertForSequenceClassification(small_config)
    model.save_pretrained(tmp_path / "one")
    model.save_pretrained(tmp_path / "many", max_shard_size=3000)
    shards = sorted((tmp_path / "many").glob("*.safetensors"))
    count = len(shards)
    assert count > 2
    assert [path.name for path in shards] == [f"model-{i:05d}-of-{count:05d}.safetensors" for i in range(1, count + 1)]
    one, many = saved_arrays(tmp_path / "one"), saved_arrays(tmp_path / "many")
    assert one.keys() == many.keys() == {weight.name for weight in weights_of(model)}
    for name, array in one.items():
        assert array.tobytes() == many[name].tobytes(), name
    index = json.loads((tmp_path / "many" / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == sum(array.nbytes for array in one.values())
    assert index["weight_map"] == {name: path.name for path in shards for name in load_file(path)}
    for path in shards:
        assert sum(array.nbytes for array in load_file(path).values()) <= 3000
    assert_same_weights(RemBertForSequenceClassification.from_pretrained(tmp_path / "many"), model)


def test_a_tensor_larger_than_a_shard_gets_its_own(small_config, tmp_path):
    model = RemBertModel(small_config)
    model.save_pretrained(tmp_path, max_shard_size=1)
    assert len(list(tmp_path.glob("*.safetensors"))) == len(weights_of(model))
    assert_same_weights(RemBertModel.from_pretrained(tmp_path), model)


@pytest.mark.parametrize("size", [None, "5GB", "1.5 GiB", "1tb", 10**9, "300000"])
def test_a_model_that_fits_is_one_file(small_config, tmp_path, size):
    RemBertModel(small_config).save_pretrained(tmp_path, max_shard_size=size)
    assert files(tmp_path) == ["config.json", "model.safetensors"]


def test_units_are_those_of_the_reference(small_config, tmp_path):
    """KB is 1000 bytes, KiB 1024: as in transformers."""
    counts = []
    for size in ("2KB", 2000, "2KiB", 2048):
        RemBertModel(small_config).save_pretrained(tmp_path / str(size), max_shard_size=size)
        counts.append(json.loads((tmp_path / str(size) / INDEX["safetensors"]).read_text()))
    assert counts[0] == counts[1]
    assert counts[2] == counts[3]


@pytest.mark.parametrize("size", [0, -1, True, 2.5, "", "GB", "2XB", "-1GB", "0MB", "two", [1]])
def test_sizes_that_are_none(small_config, tmp_path, size):
    with pytest.raises(InputError, match="max_shard_size must be.*'2GB', not"):
        RemBertModel(small_config).save_pretrained(tmp_path / "model", max_shard_size=size)
    assert not (tmp_path / "model").exists()


def test_the_other_form_is_removed_and_all_else_stays(small_config, tmp_path):
    kept = ("pytorch_model.bin", "notes.txt", "model-of-notes.txt")
    for name in kept:
        (tmp_path / name).write_text("kept")
    for hidden_size, size in ((12, 3000), (24, None), (12, 9000), (24, 3000), (12, None)):
        model = RemBertModel(small_config.replace(hidden_size=hidden_size))
        model.save_pretrained(tmp_path, max_shard_size=size)
        weights = set(saved_arrays(tmp_path))
        assert weights == {weight.name for weight in weights_of(model)}
        assert (tmp_path / "model.safetensors").exists() == (size is None)
        assert (tmp_path / INDEX["safetensors"]).exists() == (size is not None)
        if size is not None:
            index = json.loads((tmp_path / INDEX["safetensors"]).read_text())
            assert set(index["weight_map"].values()) == {path.name for path in tmp_path.glob("model-0*")}
        assert_same_weights(RemBertModel.from_pretrained(tmp_path), model)
    assert {(tmp_path / name).read_text() for name in kept} == {"kept"}


def test_a_file_is_written_a_tensor_at_a_time(tmp_path):
    """No array is alive when the next is asked for, and the safetensors library reads the result."""
    arrays = {**ARRAYS, 'é"\\': np.arange(5.0).astype("float32"), "empty": np.zeros((0, 3), "float32")}
    asked = []

    def ask(name):
        assert all(reference() is None for reference in asked), "an earlier array is still held"
        array = arrays[name].copy(order="F")
        asked.append(weakref.ref(array))
        return array

    tensors = [(name, array.shape, lambda name=name: ask(name)) for name, array in arrays.items()]
    safetensors_writer.write(tmp_path / "file", tensors)
    loaded = load_file(tmp_path / "file")
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array, strict=True)
    (length,) = struct.unpack("<Q", (tmp_path / "file").read_bytes()[:8])
    assert length % 8 == 0


def write_shards(directory, flavour, shards, weight_map=None):
    """Writes shards given as {file: {name: array}} and an index of them."""
    for file, arrays in shards.items():
        save_file(arrays, directory / file) if flavour == "safetensors" else torch_writer.save(directory / file, arrays)
    if weight_map is None:
        weight_map = {name: file for file, arrays in shards.items() for name in arrays}
    (directory / INDEX[flavour]).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


@pytest.mark.parametrize("flavour", INDEX)
def test_shards_as_transformers_wrote_them(flavour, tmp_path):
    ending = {"safetensors": "model-0000{}-of-00002.safetensors", "bin": "pytorch_model-0000{}-of-00002.bin"}[flavour]
    first, second = ({"a": ARRAYS["a"]}, {"b": ARRAYS["b"], "c": ARRAYS["c"]})
    write_shards(tmp_path, flavour, {ending.format(1): first, ending.format(2): second})
    with open_weights(tmp_path) as reader:
        assert set(reader.names()) == set(ARRAYS)
        for name, array in ARRAYS.items():
            assert reader.shape(name) == array.shape
            np.testing.assert_array_equal(reader.read(name), array, strict=True)


@pytest.mark.parametrize("flavour", INDEX)
@pytest.mark.parametrize(
    ("shards", "weight_map", "error", "said"),
    [
        ({"1": ["a"]}, {"a": "1", "b": "2", "c": "3"}, MissingFileError, "not beside it: 2, 3"),
        ({"1": ["a"], "2": ["b"]}, {"a": "1", "b": "2", "c": "2"}, InputError, "c is not in 2"),
        ({"1": ["a"], "2": ["b"]}, {"a": "2", "b": "1"}, InputError, "a is in 1 instead of 2; b is in 2 instead of 1"),
        ({"1": ["a", "b"], "2": ["b", "c"]}, {"a": "1", "b": "1", "c": "2"}, InputError, "two of them hold b"),
        ({"1": ["a", "b"], "2": ["c"]}, {"a": "1", "c": "2"}, InputError, "1 holds b, which the index does not name"),
    ],
)
def test_an_index_that_contradicts_its_shards(tmp_path, flavour, shards, weight_map, error, said):
    write_shards(tmp_path, flavour, {file: {name: ARRAYS[name] for name in names} for file, names in shards.items()})
    (tmp_path / INDEX[flavour]).write_text(json.dumps({"weight_map": weight_map}))
    with pytest.raises(error, match=f"{tmp_path / INDEX[flavour]}.*{said}"):
        open_weights(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[" * 100000, "not valid JSON"),
        ("\xff", "not valid JSON"),
        ("[]", "no weight_map"),
        ("{}", "no weight_map"),
        ('{"weight_map": []}', "must map names to files"),
        ('{"weight_map": {}}', "must map names to files"),
        ('{"weight_map": {"a": 1}}', "gives a the file 1"),
        ('{"weight_map": {"a": "../1"}}', r"gives a the file '../1'"),
        ('{"weight_map": {"a": "/etc/passwd"}}', "a shard lies beside its index"),
        ('{"weight_map": {"a": ".."}}', "a shard lies beside its index"),
        ('{"weight_map": {"a": ""}}', "a shard lies beside its index"),
    ],
)
def test_files_that_are_no_index(tmp_path, content, said):
    (tmp_path / INDEX["bin"]).write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match=f"{INDEX['bin']}'.*{said}"):
        open_weights(tmp_path)


@pytest.mark.parametrize("flavour", INDEX)
def test_a_damaged_shard_is_named(tmp_path, flavour):
    write_shards(tmp_path, flavour, {"1": {"a": ARRAYS["a"]}, "2": {"b": ARRAYS["b"]}})
    (tmp_path / "2").write_bytes((tmp_path / "2").read_bytes()[:-20])
    with pytest.raises(InputError, match=f"{tmp_path / '2'}' is not a whole"):
        open_weights(tmp_path)
