"""pytorch_model.bin: tensors as torch wrote them, and nothing that is not a tensor."""

import collections
import os
import pickle
import zipfile

import ml_dtypes
import numpy as np
import pytest

from rembert_tf.errors import InputError
from tests.weights.pytorch_arrays import TWELVE, load
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

PARAMETER = Global("torch._utils", "_rebuild_parameter")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "pytorch_model.bin"


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
