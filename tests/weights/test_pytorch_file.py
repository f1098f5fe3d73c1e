"""pytorch_model.bin: tensors as torch wrote them, and nothing that is not a tensor."""

import collections
import os
import pickle
import random
import zipfile

import ml_dtypes
import numpy as np
import pytest

from rembert_tf import RemBertModel
from rembert_tf.errors import InputError
from rembert_tf.weights.flavours import open_weights
from tests.golden import fixture
from tests.weights.torch_writer import (
    ORDERED_DICT,
    REBUILD,
    STORAGES,
    Call,
    Global,
    Items,
    Persistent,
    dumps,
    save,
    storage,
    view,
    write_archive,
)

TWELVE = np.arange(12, dtype="float32")
PARAMETER = Global("torch._utils", "_rebuild_parameter")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "pytorch_model.bin"


def load(file):
    """Returns {name: array} of a directory's weights, and checks that shapes are known before reading."""
    with open_weights(file.parent) as reader:
        arrays = {name: reader.read(name) for name in reader.names()}
        assert {name: reader.shape(name) for name in arrays} == {name: array.shape for name, array in arrays.items()}
    return arrays


def load_view(file, **changes):
    """Returns the one tensor of a file whose storage holds twelve numbers."""
    described = {"dtype": "float32", "key": "0", "elements": 12, "offset": 0, "shape": (12,), "strides": (1,)}
    write_archive(file, {"t": view(**{**described, **changes})}, {"0": TWELVE.tobytes()})
    return load(file)["t"]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("dtype", STORAGES)
def test_every_precision(file, dtype, compression):
    values = [[0, 1, 2], [3, 100, 127]]
    array = np.array(values).astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    save(file, {"t": array}, compression=compression)
    loaded = load(file)["t"]
    assert loaded.dtype == ("float32" if "float" in dtype else dtype)
    np.testing.assert_array_equal(loaded, array.astype(loaded.dtype))


def test_numbers_that_are_not_finite(file):
    array = np.array([np.nan, np.inf, -np.inf, -0.0], "float32")
    save(file, {"t": array})
    assert load(file)["t"].tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"shape": (3, 4), "strides": (4, 1)}, TWELVE.reshape(3, 4)),
        ({"shape": (4, 3), "strides": (1, 4)}, TWELVE.reshape(3, 4).T),
        ({"shape": (2, 2), "strides": (4, 2), "offset": 5}, [[5, 7], [9, 11]]),
        ({"shape": (2, 3), "strides": (0, 1), "offset": 1}, [[1, 2, 3], [1, 2, 3]]),
        ({"shape": (), "strides": (), "offset": 11}, 11),
        ({"shape": (0, 4), "strides": (4, 1)}, np.zeros((0, 4))),
        ({"shape": (5, 0), "strides": (1, 1), "offset": 12}, np.zeros((5, 0))),
        ({"shape": (1, 1), "strides": (1000, 1000), "offset": 3}, [[3]]),
    ],
)
def test_views_of_a_storage(file, changes, expected):
    np.testing.assert_array_equal(load_view(file, **changes), np.array(expected, "float32"), strict=True)


def test_tensors_that_share_a_storage_parameters_and_sizes(file):
    whole = view("float32", "7", 12, 0, (12,), (1,))
    part = view("float32", "7", 12, 4, Call(Global("torch", "Size"), ((2, 2),)), (2, 1))
    content = {"whole": whole, "part": part, "parameter": Call(PARAMETER, (part, True, ORDERED_DICT))}
    write_archive(file, Items(ORDERED_DICT, content, {"_metadata": {"": {"version": 1}}}), {"7": TWELVE.tobytes()})
    loaded = load(file)
    np.testing.assert_array_equal(loaded["whole"], TWELVE)
    for name in ("part", "parameter"):
        np.testing.assert_array_equal(loaded[name], [[4, 5], [6, 7]])


def test_other_pickle_protocols(file):
    content = dumps({"t": view("float32", "0", 12, 0, (12,), (1,))}, protocol=4)
    write_archive(file, content, {"0": TWELVE.tobytes()}, folder="a.name")
    np.testing.assert_array_equal(load(file)["t"], TWELVE)


@pytest.mark.parametrize(
    "changes",
    [
        {"elements": 13},
        {"elements": 12, "dtype": "float64"},
        {"elements": -1},
        {"elements": 2**70},
        {"key": "1"},
        {"key": "../data.pkl"},
        {"shape": (13,)},
        {"shape": (-1,)},
        {"shape": (2**40, 2**40), "strides": (2**40, 1)},
        {"shape": (2**40, 2**40), "strides": (0, 0)},
        {"shape": (2,), "strides": (12,)},
        {"shape": (2,), "strides": (2**61,)},
        {"shape": (2,), "strides": (-1,), "offset": 11},
        {"offset": 1},
        {"offset": -1},
        {"offset": 2**63},
        {"shape": (3, 4)},
        {"shape": (1,) * 40, "strides": (1,) * 40},
        {"shape": ("12",)},
        {"shape": [12]},
        {"shape": (1.0,)},
        {"strides": (True,)},
    ],
)
def test_sizes_that_the_file_does_not_bear_out(file, changes):
    with pytest.raises(InputError, match=f"{file}.*(damaged|refused|it has a tensor)"):
        load_view(file, **changes)


class Evil:
    """What a harmful file does when Python's own unpickler reads it."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (os.mkdir, r"posix\.mkdir"),
        (eval, r"builtins\.eval"),
        (getattr, r"builtins\.getattr"),
        (collections.Counter, r"collections\.Counter"),
    ],
)
@pytest.mark.parametrize("protocol", range(6))
def test_no_code_of_a_file_is_run(file, tmp_path, function, said, protocol):
    argument = f"__import__('os').mkdir({str(tmp_path / 'made')!r})" if function is eval else str(tmp_path / "made")
    write_archive(file, pickle.dumps({"t": Evil(function, argument)}, protocol=protocol), {})
    with pytest.raises(InputError, match=f"{file}.*({said.replace('builtins', '(__builtin__|builtins)')}).*never code"):
        load(file)
    assert os.listdir(tmp_path) == ["pytorch_model.bin"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([view("float32", "0", 12, 0, (12,), (1,))], "holds a list instead of a dictionary"),
        ({"state_dict": {"t": view("float32", "0", 12, 0, (12,), (1,))}}, "'state_dict' is a dict instead of a tensor"),
        ({"epoch": 3}, "'epoch' is a int instead of a tensor"),
        ({"t": storage("float32", "0", 12)}, "'t' is a Storage instead of a tensor"),
        ({3: view("float32", "0", 12, 0, (12,), (1,))}, "a key of type int"),
        ({"t": Global("torch", "FloatStorage")}, "'t' is a Global instead of a tensor"),
        ({"t": Global("torch", "device")}, r"refers to torch\.device"),
        ({"t": Call(Global("torch", "FloatStorage"), ())}, "damaged"),
        ({"t": Call(REBUILD, ())}, "damaged"),
        ({"t": Call(PARAMETER, (3, True, None))}, "damaged"),
        ({"t": Persistent(("storage", REBUILD, "0", "cpu", 12))}, "damaged"),
        ({"t": Persistent(("module", Global("torch", "FloatStorage"), "0", "cpu", 12))}, "damaged"),
        ({"t": Persistent("0")}, "damaged"),
        (Items(REBUILD, {}, {"__code__": 1}), "damaged"),
        (b"", "damaged"),
        (b"\x80\x02", "damaged"),
        (b"\x80\x02.", "damaged"),
        (b"\x80\x02u.", "damaged"),
        (b"\x80\x02]}s.", "damaged"),
        (b"\x80\x02}q\x01h\x02.", "damaged"),
        (b"\x80\x02(NNd.", "a key of type NoneType"),
        (b"\x80\x02\x8f.", "instruction EMPTY_SET"),
        (b"\x80\x02}\x82\x01.", "instruction EXT1"),
        (b"\x80\x02(cposix\nsystem\no.", r"refers to posix\.system"),
        (b"\x80\x02(iposix\nsystem\n.", "instruction INST"),
        (b"text", "damaged"),
    ],
)
def test_pickles_that_are_no_dictionary_of_tensors(file, content, said):
    write_archive(file, content, {"0": TWELVE.tobytes()})
    with pytest.raises(InputError, match=f"{file}.*{said}"):
        load(file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a whole file as torch.save writes it"),
        (b"PK", "not a whole file as torch.save writes it"),
        (b"\x89HDF\r\n\x1a\n" + bytes(1000), "not a whole file as torch.save writes it"),
        (pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) + b"...", "before 1.6; rewrite it.*torch.save"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
    ],
)
def test_files_that_are_no_archive(file, content, said):
    file.write_bytes(content)
    with pytest.raises(InputError, match=f"{file}.*{said}"):
        load(file)


def test_archives_that_torch_save_did_not_write(file):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/b.txt", "text")
    with pytest.raises(InputError, match="no data.pkl"):
        load(file)
    save(file, {"t": TWELVE}, **{"constants.pkl": b""})
    with pytest.raises(InputError, match="TorchScript"):
        load(file)
    save(file, {"t": TWELVE}, byteorder=b"big")
    with pytest.raises(InputError, match="big-endian"):
        load(file)
    save(file, {"t": TWELVE}, compression=zipfile.ZIP_BZIP2)
    with pytest.raises(InputError, match="claims"):
        load(file)


def test_a_file_that_is_cut_short_anywhere(file):
    whole = (fixture("hf_legacy/pt_bin_base_noprefix") / "pytorch_model.bin").read_bytes()
    for length in [*range(0, len(whole), len(whole) // 20), len(whole) - 1]:
        file.write_bytes(whole[:length])
        with pytest.raises(InputError, match=f"{file}.* is not a whole file"):
            load(file)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_changed_bytes_are_noticed_or_harmless(file, compression):
    """Whatever byte is wrong, the file is refused in one sentence, or still describes arrays."""
    arrays = {"first": TWELVE.reshape(3, 4), "second": np.array(5), "third": np.arange(3, dtype="float16")}
    save(file, arrays, compression=compression)
    whole, random_numbers, refused = file.read_bytes(), random.Random(0), 0
    for position in range(len(whole)):
        spoiled = bytearray(whole)
        spoiled[position] ^= random_numbers.randrange(1, 256)
        file.write_bytes(spoiled)
        try:
            load(file)
        except InputError as problem:
            refused += 1
            assert str(file) in str(problem)
    assert refused > len(whole) / 3


def test_a_changed_number_is_noticed(file):
    """The archive's check sum covers it."""
    save(file, {"t": TWELVE})
    content = bytearray(file.read_bytes())
    content[content.index(TWELVE.tobytes()) + 5] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match="CRC"):
        load(file)


def test_a_file_without_check_sums(file):
    """torch writes zeros when it is told not to compute them."""
    save(file, {"t": TWELVE})
    content = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            content = content.replace(entry.CRC.to_bytes(4, "little"), bytes(4))
    file.write_bytes(content)
    np.testing.assert_array_equal(load(file)["t"], TWELVE)


def test_a_spoiled_file_leaves_the_model_alone(small_config, tmp_path, file):
    from rembert_tf.weights.model_directory import load_weights

    model = RemBertModel(small_config)
    before = [weight.numpy() for weight in model.weights]
    save(file, {"pooler.dense.bias": np.zeros(12, "float32"), "other": TWELVE})
    with pytest.raises(InputError, match="missing embeddings.word_embeddings.weight.*unknown other"):
        load_weights(model, tmp_path)
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
