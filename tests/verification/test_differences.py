"""How far apart is too far."""

import math

import numpy as np
import pytest

from rembert_tf.verification.differences import Differences, first_disagreement, largest_difference


def outputs(blocks, value=1.0, shift=0.0):
    """What a model of so many blocks might give; `shift` moves everything from the first block on."""
    layers = {f"encoder.layer.{index}": np.full((2, 3), value + shift) for index in range(blocks)}
    return {"embedding projection": np.full((2, 3), value), **layers, "logits": np.full((2, 1), value + shift)}


def collected(ours, theirs):
    differences = Differences()
    differences.add("a - b", ours, theirs)
    return {layer.layer: layer for layer in differences.layers}


def test_limits_of_a_shallow_model_are_those_of_the_reference():
    layers = collected(outputs(4), outputs(4))
    assert {name: layer.limit for name, layer in layers.items() if name != "logits"} == {
        name: 2e-5 for name in layers if name != "logits"
    }
    assert layers["logits"].limit == 1e-4


def test_limits_grow_with_the_blocks_below_and_with_large_values():
    layers = collected(outputs(32), outputs(32))
    assert layers["encoder.layer.3"].limit == 2e-5
    assert layers["encoder.layer.31"].limit == pytest.approx(8 * 2e-5)
    assert layers["logits"].limit == pytest.approx(8 * 1e-4)
    large = collected(outputs(1, value=40.0), outputs(1, value=40.0))
    assert large["encoder.layer.0"].limit == pytest.approx(10 * 2e-5)


@pytest.mark.parametrize(("shift", "agrees"), [(1.9e-5, True), (2.1e-5, False), (math.nan, False), (math.inf, False)])
def test_the_first_layer_beyond_its_limit_is_named(shift, agrees):
    layers = collected(outputs(3, shift=shift), outputs(3))
    assert layers["embedding projection"].agrees
    assert layers["encoder.layer.0"].agrees is agrees
    first = first_disagreement(layers.values())
    assert first is (None if agrees else layers["encoder.layer.0"])


def test_the_worst_of_several_inputs_counts_and_nan_stays():
    differences = Differences()
    for value in (1.0, math.nan, 2.0):
        differences.add("a - b", {"pooler": np.array([value])}, {"pooler": np.array([0.0])})
    assert math.isnan(differences.layers[0].worst)


def test_shapes_that_differ_are_infinitely_far():
    assert largest_difference(np.zeros((2, 3)), np.zeros((2, 4))) == math.inf
    assert largest_difference(np.zeros((2, 1)), np.zeros((2, 3))) == math.inf  # no broadcasting
