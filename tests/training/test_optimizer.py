"""The schedule's corner points, and what weight decay leaves alone."""

import keras
import numpy as np
import pytest

from rembert_tf.training.optimizer import WarmupLinearDecay, make_optimizer


@pytest.mark.parametrize(("step", "rate"), [(0, 0.1), (4, 0.5), (9, 1.0), (10, 1.0), (55, 0.5), (99, 1 / 90), (100, 0)])
def test_schedule_rises_to_the_peak_and_falls_to_zero(step, rate):
    assert float(WarmupLinearDecay(1.0, 10, 100)(step)) == pytest.approx(rate, abs=1e-6)


def test_schedule_without_warmup_begins_at_the_peak():
    assert float(WarmupLinearDecay(2.0, 0, 10)(0)) == 2.0


def test_schedule_survives_serialization():
    schedule = WarmupLinearDecay(1e-3, 5, 50)
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    assert again.get_config() == schedule.get_config()


def test_decay_shrinks_kernels_and_leaves_biases_and_layer_norm_alone():
    dense, norm = keras.layers.Dense(3, bias_initializer="ones"), keras.layers.LayerNormalization()
    dense.build((None, 3))
    norm.build((None, 3))
    variables = dense.variables + norm.variables
    before = [variable.numpy() for variable in variables]
    optimizer = make_optimizer(0.1, total_steps=10, warmup_ratio=0.0, weight_decay=0.5)
    optimizer.apply([np.zeros_like(value) for value in before], variables)
    after = {variable.name: (variable.numpy(), old) for variable, old in zip(variables, before, strict=True)}
    kernel, old_kernel = after.pop("kernel")
    np.testing.assert_allclose(kernel, old_kernel * (1 - 0.1 * 0.5), rtol=1e-5)
    for value, old in after.values():
        np.testing.assert_array_equal(value, old)
