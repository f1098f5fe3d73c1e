"""A model is recognised by its numbers: not by its path, its prefix, its kind of file, or their order."""

from pathlib import Path

import numpy as np
import pytest

from rembert_tf import RemBertConfig
from rembert_tf.errors import InputError
from rembert_tf.verification import stored_references as store
from rembert_tf.verification.named_tensors import NamedTensors, digests, fingerprint, open_tensors
from tests.golden import fixture, model_directory
from tests.verification.conftest import add_to_one_number, split_in_two

MODELS = [reference.name for reference in store.stored_references()]
AVAILABLE = [name for name in MODELS if fixture(f"hf/models/{name}")]


class Weights:
    """A reader of arrays in memory."""

    def __init__(self, weights):
        self.weights = weights

    def names(self):
        return list(self.weights)

    def shape(self, name):
        return self.weights[name].shape

    def read(self, name):
        return self.weights[name]


def fingerprint_of(weights):
    return fingerprint(digests(NamedTensors(Weights(weights), "memory")))


def digests_of(directory):
    with open_tensors(directory) as tensors:
        return digests(tensors)


@pytest.fixture
def weights():
    return {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "b.bias": np.ones(3, np.float32)}


def test_prefix_order_arrangement_and_position_buffer_do_not_count(weights):
    expected = fingerprint_of(weights)
    assert fingerprint_of({f"rembert.{name}": array for name, array in reversed(weights.items())}) == expected
    assert fingerprint_of({**weights, "a.weight": np.asfortranarray(weights["a.weight"])}) == expected
    assert fingerprint_of({**weights, "rembert.embeddings.position_ids": np.arange(9)[None]}) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"a.weight": np.nextafter(np.arange(6, dtype=np.float32), 9).reshape(2, 3)},
        {"a.weight": np.arange(6, dtype=np.float32).reshape(3, 2)},
        {"c.bias": np.zeros(1, np.float32)},
    ],
    ids=["one bit", "shape", "one more"],
)
def test_numbers_shapes_and_names_count(weights, change):
    assert fingerprint_of({**weights, **change}) != fingerprint_of(weights)


def test_a_weight_with_and_without_prefix_is_refused(weights):
    with pytest.raises(InputError, match="a.weight both with and without"):
        fingerprint_of({**weights, "rembert.a.weight": weights["a.weight"]})


@pytest.mark.parametrize("model", AVAILABLE)
def test_every_fixture_is_recognised_by_its_weights(model):
    found = digests_of(model_directory(model))
    reference = store.recognise(found)
    assert reference.name == model
    assert reference.changed_weights(found) == []
    assert reference.changed_fields(RemBertConfig.from_pretrained(model_directory(model))) == {}


def test_shards_are_recognised(changed_copy):
    assert store.recognise(digests_of(split_in_two(changed_copy("seqcls_single")))).name == "seqcls_single"


@pytest.mark.parametrize(
    ("directory", "model"),
    [("pt_bin", "masked_lm"), ("pt_bin_base_noprefix", "base_model"), ("tf_h5", "masked_lm")],
)
def test_other_kinds_of_file_are_recognised(directory, model):
    path = fixture(f"hf_legacy/{directory}")
    if path is None:
        pytest.skip("this checkout has no legacy fixtures")
    assert store.recognise(digests_of(path)).name == model


def test_a_damaged_copy_is_recognised_and_its_weight_named(changed_copy):
    name = "encoder.layer.1.attention.self.key.weight"
    found = digests_of(changed_copy("base_model", add_to_one_number(name, (3, 4), 1e-3)))
    reference = store.recognise(found)
    assert reference.name == "base_model"
    assert reference.changed_weights(found) == [name]


def test_other_weights_of_the_same_shape_are_not_recognised(changed_copy):
    def all_new(weights):
        return {name: array + np.float32(1e-3) for name, array in weights.items()}

    assert store.recognise(digests_of(changed_copy("base_model", all_new))) is None


@pytest.mark.parametrize("model", AVAILABLE)
def test_stored_outputs_are_the_references_own(model):
    """Every stored array is a corner of an array that transformers computed for the same input."""
    reference = next(reference for reference in store.stored_references() if reference.name == model)
    with np.load(fixture(f"hf/golden/{model}.npz")) as golden:
        for case, (inputs, outputs) in reference.cases.items():
            of_case = {key: golden[key] for key in golden.files if key.startswith(f"{case}/")}
            for name, array in inputs.items():
                np.testing.assert_array_equal(array, of_case[f"{case}/in/{name}"][: len(array)])
            assert outputs
            for array in outputs.values():
                assert any(_is_corner(array, recorded) for key, recorded in of_case.items() if "/out/" in key)


def _is_corner(array, recorded):
    if array.ndim != recorded.ndim or array.dtype != recorded.dtype:
        return False
    step = store.VOCABULARY_STEP if array.shape[-1] != recorded.shape[-1] else 1
    return np.array_equal(array, recorded[: len(array), ..., ::step])


def test_stored_references_are_small_and_name_who_computed_them():
    assert len(MODELS) == 12
    folder = Path(store.__file__).parent
    assert sum((folder / name).stat().st_size for name in (store.INDEX_FILE, store.ARRAYS_FILE)) < 300_000
    assert {reference.provenance for reference in store.stored_references()} == {"transformers 5.23.0, torch 2.13.0"}
