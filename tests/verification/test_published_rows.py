"""The four-way comparison with published outputs, on a stand-in: a small model whose "published" rows we make."""

import numpy as np
import pytest

from rembert_tf import RemBertConfig
from rembert_tf.verification import published_rows as rows
from rembert_tf.verification.named_tensors import open_tensors
from rembert_tf.verification.plain_encoder import PlainEncoder, bfloat16_matmul
from rembert_tf.verification.published_rows import ORIGINAL, PORT
from tests.golden import model_directory

INPUTS = {
    "input_ids": np.array([[312, 564, 313, 212, 313]], np.int32),
    "token_type_ids": np.array([[0, 0, 0, 1, 1]], np.int32),
}
COMBINATIONS = {(gelu, precision) for gelu in ("erf", "tanh") for precision in ("float32", "bfloat16")}


@pytest.fixture(scope="module")
def model():
    """Configuration and weights of a small reference model."""
    directory = model_directory("base_model")
    config = RemBertConfig.from_pretrained(directory)
    with open_tensors(directory) as tensors:
        yield config, tensors


@pytest.fixture(scope="module")
def features(model):
    """(GELU form, matmul inputs) -> what a program that computes so would have published."""
    matmuls = {"float32": np.matmul, "bfloat16": bfloat16_matmul}
    return {
        (gelu, precision): list(PlainEncoder(*model, gelu, matmuls[precision]).states(INPUTS))[-1][0, :, :3]
        for gelu, precision in COMBINATIONS
    }


def published(port, original):
    return rows.Published("stand-in", {"hidden_size": 48}, INPUTS, {PORT: port, ORIGINAL: original})


def test_the_right_arithmetic_is_found_for_both_rows(model, features):
    stand_in = published(np.round(features["erf", "float32"], 4), features["tanh", "bfloat16"])
    found = rows.distances(stand_in, *model)
    assert set(found) == COMBINATIONS
    assert found["erf", "float32"][PORT] <= 6e-5  # the rounding to four digits
    assert found["tanh", "bfloat16"][ORIGINAL] == 0
    assert rows.reproduces_port(found)
    port, original = rows.conclusions(found)
    assert port == f"{PORT}: erf with float32 matmul inputs fits, and nothing else comes within 1e-04"
    assert original.startswith(f"{ORIGINAL}: tanh with bfloat16 matmul inputs fits")


def test_a_row_between_two_combinations_is_inconclusive(model, features):
    between = (features["erf", "bfloat16"] + features["tanh", "bfloat16"]) / 2
    found = rows.distances(published(features["erf", "float32"], between), *model)
    assert rows.conclusions(found)[1].startswith(f"{ORIGINAL}: inconclusive")
    assert rows.reproduces_port(found)


def test_the_ports_row_with_tanh_does_not_verify(model, features):
    found = rows.distances(published(features["tanh", "float32"], features["tanh", "bfloat16"]), *model)
    assert not rows.reproduces_port(found)
    assert "tanh with float32 matmul inputs fits" in rows.conclusions(found)[0]


def test_other_weights_fit_nothing(model, features):
    stand_in = published(features["erf", "float32"] + 0.3, features["tanh", "bfloat16"] + 0.3)
    port, original = rows.conclusions(rows.distances(stand_in, *model))
    assert "nothing comes within" in port and "not the released ones" in port
    assert "nothing is near" in original


def test_numbers_that_are_none_fit_nothing():
    found = {combination: {PORT: float("nan"), ORIGINAL: float("nan")} for combination in COMBINATIONS}
    assert not rows.reproduces_port(found)
    port, original = rows.conclusions(found)
    assert "nothing comes within" in port
    assert "nothing is near" in original


def test_the_released_model_is_recognised_by_its_shape():
    assert rows.published_shape(RemBertConfig()) is rows.GOOGLE_REMBERT
    assert rows.published_shape(RemBertConfig(hidden_act="gelu_new")) is rows.GOOGLE_REMBERT
    assert rows.published_shape(RemBertConfig(num_hidden_layers=31)) is None


def test_the_published_rows_are_as_far_apart_as_was_reported():
    port, original = (np.array(rows.GOOGLE_REMBERT.rows[name]) for name in (PORT, ORIGINAL))
    assert port.shape == original.shape == (5, 3)
    assert np.abs(port - original).max() == pytest.approx(0.0073, abs=1e-4)
