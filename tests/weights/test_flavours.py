"""Which file of a directory is read, and that every flavour gives the reference's numbers."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from rembert_tf import RemBertForSequenceClassification, RemBertModel
from rembert_tf.errors import InputError
from rembert_tf.weights.flavours import FLAVOURS, open_weights
from tests.golden import STATES, assert_close, cases, fixture, model_directory
from tests.weights import h5_writer, torch_writer

FULL = next(case for case in cases("RemBertModel", "last_hidden_state") if str(case) == "base_model-full")


def write_safetensors(directory, arrays):
    save_file(arrays, directory / "model.safetensors")


def write_bin(directory, arrays):
    torch_writer.save(directory / "pytorch_model.bin", arrays)


def write_h5(directory, arrays):
    h5_writer.save(directory / "tf_model.h5", arrays, "tf_rem_bert_model")


def in_shards(name, write_file):
    def write(directory, arrays):
        weight_map = {}
        for number, part in enumerate((list(arrays)[::2], list(arrays)[1::2]), 1):
            file = name.replace(".", f"-{number:05d}-of-00002.", 1)
            write_file(directory / file, {key: arrays[key] for key in part})
            weight_map.update(dict.fromkeys(part, file))
        (directory / f"{name}.index.json").write_text(json.dumps({"weight_map": weight_map}))

    return write


# In the order in which they are preferred.
WRITERS = {
    "model.safetensors": write_safetensors,
    "model.safetensors.index.json": in_shards("model.safetensors", lambda path, arrays: save_file(arrays, path)),
    "pytorch_model.bin": write_bin,
    "pytorch_model.bin.index.json": in_shards("pytorch_model.bin", torch_writer.save),
    "tf_model.h5": write_h5,
}


def in_flavour(flavour, name, directory, prefix=None):
    """Writes a reference model in another flavour; `prefix` replaces that of the encoder's names."""
    arrays = load_file(f"{model_directory(name)}/model.safetensors")
    if prefix is not None:
        arrays = {prefix + key.removeprefix("rembert."): array for key, array in arrays.items()}
    directory.mkdir()
    shutil.copy(f"{model_directory(name)}/config.json", directory)
    WRITERS[flavour](directory, arrays)
    return directory


@pytest.mark.parametrize("prefix", ["", "rembert."])
@pytest.mark.parametrize("flavour", WRITERS)
def test_every_flavour_gives_the_references_numbers(flavour, prefix, tmp_path):
    model = RemBertModel.from_pretrained(in_flavour(flavour, "base_model", tmp_path / "model", prefix))
    outputs = model(FULL.inputs)
    for name in ("last_hidden_state", "pooler_output"):
        assert_close(f"{flavour} {name}", outputs[name], FULL.expected[name], STATES)


@pytest.mark.parametrize("flavour", WRITERS)
def test_every_flavour_of_a_head(flavour, tmp_path):
    case = cases("RemBertForSequenceClassification", "logits")[0]
    model = RemBertForSequenceClassification.from_pretrained(in_flavour(flavour, case.model, tmp_path / "model"))
    assert_close(f"{flavour} logits", model(case.inputs), case.expected["logits"], STATES)


@pytest.mark.parametrize(
    ("directory", "model", "hf_class"),
    [
        ("pt_bin_base_noprefix", "base_model", "RemBertModel"),
        ("pt_bin", "masked_lm", "RemBertForMaskedLM"),
        ("tf_h5", "masked_lm", "RemBertForMaskedLM"),
    ],
)
def test_files_that_the_reference_wrote(directory, model, hf_class):
    found = fixture(f"hf_legacy/{directory}")
    if found is None or fixture(f"hf/golden/{model}.npz") is None:
        pytest.skip(f"hf_legacy/{directory} or the numbers of {model} are not in this checkout")
    import rembert_tf

    ours = getattr(rembert_tf, hf_class, None)
    if ours is None:
        pytest.skip(f"{hf_class} is not implemented")
    output = "last_hidden_state" if hf_class == "RemBertModel" else "logits"
    loaded, compared = ours.from_pretrained(found), 0
    for case in cases(hf_class, output):
        if case.model == model and "inputs_embeds" not in case.inputs:
            result = loaded(case.inputs)
            result = result["last_hidden_state"] if hf_class == "RemBertModel" else result
            assert_close(f"{directory} {case}", result, case.expected[output], 2e-5)
            compared += 1
    assert compared


def test_an_encoder_reads_a_masked_language_models_files():
    for directory in ("pt_bin", "tf_h5"):
        found = fixture(f"hf_legacy/{directory}")
        if found is None:
            pytest.skip(f"hf_legacy/{directory} is not in this checkout")
        with pytest.warns(UserWarning, match="no weights for pooler.dense.bias, pooler.dense.weight"):
            model = RemBertModel.from_pretrained(found)
        case = next(case for case in cases("RemBertForMaskedLM", "logits") if case.name == "full")
        states = model(case.inputs, output_hidden_states=True)["hidden_states"]
        for number, state in enumerate(states):
            assert_close(f"{directory} layer {number}", state, case.expected[f"hidden_states.{number}"], 2e-5)


def test_the_safest_flavour_of_a_directory_is_read(tmp_path):
    """Each writes its place in the order of preference; the first that is there is read."""
    assert [flavour.file for flavour in FLAVOURS] == list(WRITERS)
    for place, write in reversed(list(enumerate(WRITERS.values()))):
        arrays = {name: np.full(2, place, "float32") for name in ("rembert.pooler.dense.bias", "classifier.bias")}
        write(tmp_path, arrays)
        with open_weights(tmp_path) as reader:
            for name in arrays:
                np.testing.assert_array_equal(reader.read(name), [place, place])


@pytest.mark.parametrize("flavour", WRITERS)
def test_a_pointer_instead_of_a_file(flavour, tmp_path):
    directory = in_flavour(flavour, "base_model", tmp_path / "model")
    for path in directory.glob("*"):
        if path.suffix != ".json":
            path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1000\n")
    with pytest.raises(InputError, match="Git LFS pointer.*git lfs pull"):
        RemBertModel.from_pretrained(directory)


def test_readers_close_their_files(tmp_path):
    """A directory can be read and rewritten any number of times."""
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc to see open files")

    def open_files():
        return sum(
            str(tmp_path) in os.readlink(f"/proc/self/fd/{handle}")
            for handle in os.listdir("/proc/self/fd")
            if os.path.exists(f"/proc/self/fd/{handle}")
        )

    for flavour, write in WRITERS.items():
        place = tmp_path / flavour
        place.mkdir()
        write(place, {"rembert.pooler.dense.bias": np.zeros(3, "float32"), "classifier.bias": np.ones(2, "float32")})
        with open_weights(place):
            pass
        for path in place.glob("*"):
            if path.suffix != ".json":
                path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(InputError):
            open_weights(place)
    assert open_files() == 0


JAX = """
import sys
sys.modules["tensorflow"] = None  # as if it were not installed
from rembert_tf import RemBertModel
RemBertModel.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[2], max_shard_size=2000)
"""


def test_reading_and_writing_without_tensorflow(tmp_path, small_config):
    pytest.importorskip("jax")
    source = tmp_path / "source"
    RemBertModel(small_config.replace(num_hidden_layers=1)).save_pretrained(source)
    expected = load_file(source / "model.safetensors")
    (source / "model.safetensors").unlink()
    write_bin(source, expected)
    result = subprocess.run(
        [sys.executable, "-c", JAX, str(source), str(tmp_path / "saved")],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    with open_weights(tmp_path / "saved") as reader:
        assert set(reader.names()) == expected.keys()
        for name, array in expected.items():
            np.testing.assert_array_equal(reader.read(name), array, err_msg=name)
