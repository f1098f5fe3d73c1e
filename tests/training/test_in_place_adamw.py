"""AdamW in place: Keras' numbers and state, without Keras' temporary tensors."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.training import in_place_adamw
from rembert_tf.training.in_place_adamw import InPlaceAdamW
from rembert_tf.training.optimizer import UNDECAYED, LayerwiseAdamW, WarmupLinearDecay, make_optimizer

ROWS, WIDTH = 40, 8
STEPS = 20
CLIPPED = {"global_clipnorm": 0.5}
SETTINGS = {
    "plain": {"weight_decay": 0.0},
    "decayed": {"weight_decay": 0.1},
    "clipped": {"weight_decay": 0.1, **CLIPPED},
    "each clipped": {"weight_decay": 0.1, "clipnorm": 0.2},
    "averaged": {"weight_decay": 0.1, "use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 7},
    "in several steps": {"weight_decay": 0.1, "gradient_accumulation_steps": 2, **CLIPPED},
    "scaled": {"weight_decay": 0.1, "loss_scale_factor": 1024.0, **CLIPPED},
    "other betas": {"weight_decay": 0.1, "beta_1": 0.8, "beta_2": 0.98, "epsilon": 1e-3},
    "amsgrad": {"weight_decay": 0.1, "amsgrad": True},
}


def new_variables(dtype="float32"):
    random = np.random.default_rng(1)
    shapes = {"embeddings": (ROWS, WIDTH), "kernel": (WIDTH, 3), "bias": (3,)}
    return [
        keras.Variable(random.normal(0, 0.1, shape).astype("float32"), dtype=dtype, name=name)
        for name, shape in shapes.items()
    ]


def gradients(step, sparse):
    random = np.random.default_rng(step)
    shapes = (4 if sparse else ROWS, WIDTH), (WIDTH, 3), (3,)
    found = [tf.constant(random.normal(0, 3, shape), tf.float32) for shape in shapes]
    if sparse:
        rows = [3, 7, 3, step]  # some twice
        found[0] = tf.IndexedSlices(found[0], tf.constant(rows), tf.constant([ROWS, WIDTH]))
    return found


def trained(optimizer, sparse=False, jit_compile=False, dtype="float32", eagerly=False):
    """Returns what the variables and the optimizer hold after some steps."""
    variables = new_variables(dtype)
    optimizer.exclude_from_weight_decay(var_names=UNDECAYED)
    optimizer.build(variables)

    def apply(found):
        optimizer.apply(found, variables)

    if not eagerly:
        apply = tf.function(apply, jit_compile=jit_compile)
    for step in range(STEPS):
        apply(gradients(step, sparse))
    return [variable.numpy() for variable in variables], [variable.numpy() for variable in optimizer.variables]


def assert_same_weights(ours, theirs, tolerance=2e-7):
    for first, second in zip(ours, theirs, strict=True):
        scale = np.max(np.abs(second))
        np.testing.assert_allclose(first / scale, second / scale, rtol=0, atol=tolerance)


@pytest.fixture(params=[False, True], ids=["small", "large"])
def decayed_late(request, monkeypatch):
    """Both orders of decay and update: a large variable is decayed after its update."""
    if request.param:
        monkeypatch.setattr(in_place_adamw, "LARGE", 1)
    return request.param


@pytest.mark.parametrize(
    ("name", "sparse"),
    # A loss scale that does not change divides gradients in a way that Keras has for dense ones alone.
    [(name, sparse) for name in SETTINGS for sparse in (False, True) if (name, sparse) != ("scaled", True)],
)
def test_twenty_steps_are_those_of_keras(name, sparse, decayed_late):
    settings = {"learning_rate": WarmupLinearDecay(1e-3, 5, 40), **SETTINGS[name]}
    ours, our_state = trained(InPlaceAdamW(**settings), sparse)
    theirs, their_state = trained(keras.optimizers.AdamW(**settings), sparse)
    assert_same_weights(ours, theirs, 1e-6 if decayed_late else 2e-7)
    assert np.max(np.abs(theirs[0] - new_variables()[0].numpy())) > 1e-3
    # The kernel's average of squares differs by what it takes 1 - beta_2 for.
    for first, second in zip(our_state, their_state, strict=True):
        np.testing.assert_allclose(first, second, rtol=5e-5, atol=1e-7 * np.max(np.abs(second)))


@pytest.mark.parametrize("way", ["eagerly", "jit_compile"])
def test_without_a_graph_and_with_xla(way, decayed_late):
    settings = {"learning_rate": 1e-3, **SETTINGS["clipped"]}
    ours, _ = trained(InPlaceAdamW(**settings), **{way: True})
    assert_same_weights(ours, trained(keras.optimizers.AdamW(**settings))[0], 1e-6)


def test_other_types_are_left_to_keras():
    """In bfloat16 the kernel would take 1 - 0.999 for 0."""
    settings = {"learning_rate": 1e-2, **SETTINGS["clipped"]}
    ours, theirs = (trained(kind(**settings), dtype="bfloat16")[0] for kind in (InPlaceAdamW, keras.optimizers.AdamW))
    for first, second in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_loss_scale_that_falls_and_one_that_holds():
    """What mixed_float16 wraps around: a step with a gradient that is no number changes nothing."""
    found = []
    for kind in (InPlaceAdamW, keras.optimizers.AdamW):
        inner = kind(1e-3, **SETTINGS["clipped"])
        optimizer, variables = keras.optimizers.LossScaleOptimizer(inner, initial_scale=64.0), new_variables()
        optimizer.build(variables)
        apply = tf.function(functools.partial(optimizer.apply, trainable_variables=None))
        for step in range(4):
            scaled = [64.0 * each for each in gradients(step, False)]
            if step == 1:
                scaled[0] *= float("nan")
            apply(scaled)
        assert float(optimizer.dynamic_scale) == 32.0
        found.append([variable.numpy() for variable in variables])
    assert_same_weights(*found)


def test_rates_of_their_own(decayed_late):
    """The update is scaled, the decay is not."""
    ours, theirs = new_variables(), new_variables()
    layerwise = LayerwiseAdamW(1e-2, {id(ours[0]): 0.25}, weight_decay=0.1)
    slow, fast = (keras.optimizers.AdamW(rate, weight_decay=decay) for rate, decay in ((2.5e-3, 0.4), (1e-2, 0.1)))
    for step in range(STEPS):
        found = gradients(step, False)
        layerwise.apply(found, ours)
        slow.apply(found[:1], theirs[:1])
        fast.apply(found[1:], theirs[1:])
    assert_same_weights([each.numpy() for each in ours], [each.numpy() for each in theirs], 1e-6)


def test_a_gradient_that_is_no_number_spoils_all_of_them():
    variables = new_variables()
    spoiled = gradients(0, False)
    spoiled[2] *= float("inf")
    make_optimizer(1e-3, 10).apply(spoiled, variables)
    assert not any(np.isfinite(variable.numpy()).any() for variable in variables)


def test_state_and_settings_are_those_of_keras():
    """So that a saved state of the one can be resumed with the other, in both directions."""
    ours, theirs = InPlaceAdamW(1e-3, use_ema=True), keras.optimizers.AdamW(1e-3, use_ema=True)
    for optimizer in (ours, theirs):
        optimizer.build(new_variables())
    names = [[(variable.name, variable.shape) for variable in each.variables] for each in (ours, theirs)]
    assert names[0] == names[1]
    again = keras.optimizers.deserialize(keras.optimizers.serialize(ours))
    assert type(again) is InPlaceAdamW
    assert again.get_config() == ours.get_config()
    assert {**ours.get_config(), "name": ""} == {**theirs.get_config(), "name": ""}


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_no_temporary_tensors_but_one_of_a_variables_size(sparse, monkeypatch):
    """Keras' own step has a dozen; one that Keras computes because a name changed would have them again."""
    monkeypatch.setattr(in_place_adamw, "LARGE", ROWS * WIDTH)
    variables, optimizer = new_variables(), make_optimizer(1e-3, 10)
    optimizer.build(variables)
    step = tf.function(lambda: optimizer.apply(gradients(0, sparse), variables)).get_concrete_function()
    large = [
        operation.type
        for operation in step.graph.get_operations()
        for output in operation.outputs
        if output.shape.rank == 2 and output.shape.num_elements() == ROWS * WIDTH
    ]
    # The gradient, the same scaled (in its own memory), and what decay takes away, once both are gone.
    expected = ["Const", "Mul", "ReadVariableOp", "Mul"]
    expected[0] = "UnsortedSegmentSum" if sparse else "Const"
    assert sorted(large) == sorted(expected)
    assert sum(operation.type == "ResourceApplyAdam" for operation in step.graph.get_operations()) == 3
