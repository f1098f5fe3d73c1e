"""Comparisons with references multiply with all bits, whatever a GPU does by default."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.exact_float32 import exact_float32
from rembert_tf.verification.layer_outputs import KerasOutputs
from tests.golden import model_directory

tensor_float_32 = tf.config.experimental


@pytest.fixture(params=[True, False])
def before(request):
    """Whether TF32 is allowed."""
    restored = tensor_float_32.tensor_float_32_execution_enabled()
    tensor_float_32.enable_tensor_float_32_execution(request.param)
    yield request.param
    tensor_float_32.enable_tensor_float_32_execution(restored)


def test_what_was_allowed_before_is_allowed_after(before):
    with exact_float32():
        assert not tensor_float_32.tensor_float_32_execution_enabled()
    assert tensor_float_32.tensor_float_32_execution_enabled() == before
    with pytest.raises(KeyError), exact_float32():
        raise KeyError
    assert tensor_float_32.tensor_float_32_execution_enabled() == before


@pytest.mark.parametrize("before", [True], indirect=True)
def test_a_verified_model_runs_without_tf32(before, monkeypatch):
    outputs = KerasOutputs(model_directory("base_model"), "RemBertModel")
    seen, call = [], type(outputs.model).call

    def watched(self, *arguments, **options):
        seen.append(tensor_float_32.tensor_float_32_execution_enabled())
        return call(self, *arguments, **options)

    monkeypatch.setattr(type(outputs.model), "call", watched)
    outputs({"input_ids": np.array([[5, 6]]), "attention_mask": np.array([[1, 1]])})
    assert seen == [False]


@pytest.mark.skipif(not tf.config.list_physical_devices("GPU"), reason="no GPU")
def test_a_gpu_multiplies_as_the_processor_does():
    random = np.random.default_rng(0)
    left, right = (random.normal(size=(256, 256)).astype(np.float32) for _ in range(2))
    with exact_float32(), tf.device("GPU:0"):
        product = tf.matmul(left, right).numpy()
    np.testing.assert_allclose(product, left.astype(np.float64) @ right.astype(np.float64), atol=1e-4)
