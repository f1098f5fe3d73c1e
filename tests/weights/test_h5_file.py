"""tf_model.h5: every head's names and orientations are those of model.safetensors."""

import h5py
import numpy as np
import pytest
from safetensors.numpy import load_file

from rembert_tf.errors import InputError
from rembert_tf.weights.flavours import open_weights
from tests.golden import fixture
from tests.weights.h5_writer import dataset_path, save

MODELS = {
    "base_model": "tf_rem_bert_model",
    "seqcls_single": "tf_rem_bert_for_sequence_classification_1",
    "masked_lm": "tf_rem_bert_for_masked_lm",
    "causal_lm_cross": "tf_rem_bert_for_causal_lm",
    "multiple_choice": "tf_rem_bert_for_multiple_choice",
    "token_cls": "tf_rem_bert_for_token_classification",
    "question_answering": "tf_rem_bert_for_question_answering",
}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tf_model.h5"


def load(directory):
    with open_weights(directory) as reader:
        arrays = {name: reader.read(name) for name in reader.names()}
        assert {name: reader.shape(name) for name in arrays} == {name: array.shape for name, array in arrays.items()}
    return arrays


def reference(name):
    """Returns a reference model's tensors with the names that a head gives them."""
    found = fixture(f"hf/models/{name}")
    if found is None:
        pytest.skip(f"the reference model {name} is not in this checkout")
    arrays = load_file(found / "model.safetensors")
    return {name if name.startswith(HEADS) else f"rembert.{name}": array for name, array in arrays.items()}


HEADS = ("rembert.", "cls.", "classifier.", "qa_outputs.")


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, array in theirs.items():
        np.testing.assert_array_equal(ours[name], array, err_msg=name, strict=True)


@pytest.mark.parametrize("name", MODELS)
def test_every_class(name, file):
    arrays = reference(name)
    save(file, arrays, MODELS[name])
    assert_same(load(file.parent), arrays)


def test_the_file_that_transformers_wrote():
    directory = fixture("hf_legacy/tf_h5")
    if directory is None:
        pytest.skip("hf_legacy/tf_h5 is not in this checkout")
    assert_same(load(directory), reference("masked_lm"))
    with h5py.File(directory / "tf_model.h5") as written:
        for name in reference("masked_lm"):
            assert dataset_path(name, MODELS["masked_lm"]) in written, "the writer of these tests is wrong"


def test_other_precisions(file):
    exact = {"pooler.dense.weight": np.arange(6).reshape(2, 3), "pooler.dense.bias": np.arange(3)}
    for dtype in ("float16", "float64", "int32", "bool"):
        save(file, {name: array.astype(dtype) for name, array in exact.items()}, "tf_rem_bert_model")
        loaded = load(file.parent)
        assert {array.dtype.name for array in loaded.values()} == {"float32" if "float" in dtype else dtype}
        for name, array in exact.items():
            np.testing.assert_array_equal(loaded[f"rembert.{name}"], array.astype(dtype))


def test_a_dataset_of_no_rembert_class_keeps_its_name(file):
    save(file, {"rembert.pooler.dense.bias": np.zeros(3)}, "m")
    with h5py.File(file, "a") as opened:
        opened["adapter/m/adapter/kernel:0"] = np.zeros((2, 3))
    assert "adapter/m/adapter/kernel:0" in load(file.parent)


def spoil(change):
    def write(file):
        save(file, {"rembert.pooler.dense.bias": np.zeros(3, "float32")}, "m")
        with h5py.File(file, "a") as opened:
            change(opened)

    return write


NAME = "rembert/m/rembert/pooler/dense/bias:0"


def replace_with(**options):
    def change(opened):
        del opened[NAME]
        opened.create_dataset(NAME, **options)

    return change


def virtual(opened):
    del opened[NAME]
    layout = h5py.VirtualLayout((3,), "float32")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
    opened.create_virtual_dataset(NAME, layout)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda file: file.write_bytes(b""), "is not a whole HDF5 file"),
        (lambda file: file.write_bytes(b"text"), "is not a whole HDF5 file"),
        (spoil(lambda opened: opened.attrs.pop("layer_names")), "not one that the TensorFlow classes"),
        (
            spoil(lambda opened: opened.copy(NAME, "rembert/n/rembert/pooler/dense/bias:0")),
            r"holds rembert\.pooler\.dense\.bias twice: rembert/m/.* and rembert/n/",
        ),
        (spoil(replace_with(data=["a", "b"])), "as object; a weight is"),
        (spoil(replace_with(data=np.zeros(3, "complex64"))), "as complex64; a weight is"),
        (spoil(replace_with(data=h5py.Empty("float32"))), "without its numbers"),
        (spoil(replace_with(shape=(3,), dtype="float32", external="/etc/passwd")), "without its numbers"),
        (spoil(virtual), "without its numbers"),
    ],
)
def test_files_that_are_refused(file, write, said):
    write(file)
    with pytest.raises(InputError, match=f"{file}.*{said}"):
        load(file.parent)


def test_links_out_of_the_file_are_not_followed(file, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.zeros(3)
    save(file, {"rembert.pooler.dense.bias": np.zeros(3)}, "m")
    with h5py.File(file, "a") as opened:
        opened["rembert/m/rembert/outside:0"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "secret")
    assert list(load(file.parent)) == ["rembert.pooler.dense.bias"]


def test_a_file_that_is_cut_short_anywhere(file):
    save(file, reference("base_model"), "tf_rem_bert_model")
    whole = file.read_bytes()
    for length in [*range(0, len(whole), len(whole) // 20), len(whole) - 1]:
        file.write_bytes(whole[:length])
        with pytest.raises(InputError, match=f"{file}.* is not a whole HDF5 file"):
            load(file.parent)


@pytest.mark.parametrize("mark", [b"TREE", b"SNOD", b"HEAP"])
def test_a_file_whose_structure_is_spoiled(file, mark):
    save(file, {"rembert.pooler.dense.bias": np.zeros(3)}, "m")
    file.write_bytes(file.read_bytes().replace(mark, b"ruin"))
    with pytest.raises(InputError, match=f"{file}.* is not a whole HDF5 file"):
        load(file.parent)
