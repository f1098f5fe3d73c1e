"""pytorch_model.bin that is no archive, or a damaged one: a sentence, or numbers that are right."""

import pickle
import random
import zipfile

import numpy as np
import pytest

from rembert_tf import RemBertModel
from rembert_tf.errors import InputError
from tests.golden import fixture
from tests.weights.pytorch_arrays import TWELVE, load
from tests.weights.torch_writer import save


@pytest.fixture
def file(tmp_path):
    return tmp_path / "pytorch_model.bin"


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
