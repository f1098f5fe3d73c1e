"""Exports in fewer bits: smaller files, nearly the same answers, still float32 outside."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.errors import InputError
from rembert_tf.serving import export_saved_model
from rembert_tf.serving.stored_weights import quantized

TEXTS = ["Guten Tag", "", "नमस्ते दुनिया", "今日は", "a " * 100]


@pytest.fixture(scope="module")
def classifier(text_config):
    return RemBertForSequenceClassification(text_config.replace(hidden_size=48, intermediate_size=96, num_labels=3))


@pytest.fixture(scope="module")
def answers(classifier, small_tokenizer, tmp_path_factory):
    """{dtype: (probabilities, bytes of the weights)} of every export."""
    found = {}
    for dtype in (None, "bfloat16", "int8"):
        base = tmp_path_factory.mktemp(str(dtype))
        path = export_saved_model(
            classifier, small_tokenizer, base, max_length=24, dtype=dtype, warmup=False, check=False
        )
        answer = tf.saved_model.load(str(path)).signatures["serving_default"](text=tf.constant(TEXTS))
        assert answer["probabilities"].dtype == tf.float32
        size = sum(file.stat().st_size for file in (path / "variables").glob("*.data-*"))
        found[dtype] = answer["probabilities"].numpy(), size
    return found


@pytest.mark.parametrize(("dtype", "limit"), [("bfloat16", 0.02), ("int8", 0.02)])
def test_answers_stay_close(answers, dtype, limit):
    difference = np.abs(answers[dtype][0] - answers[None][0]).max()
    assert 0 < difference < limit


def test_bfloat16_takes_half_the_space(answers, classifier):
    assert answers["bfloat16"][1] < 0.55 * answers[None][1]


def test_int8_takes_a_quarter_but_for_tables(answers, classifier):
    matrices = [v for v in classifier.variables if len(v.shape) >= 2 and "embeddings" not in v.path]
    saved = sum(int(np.prod(variable.shape)) for variable in matrices) * 3
    scales = sum(int(np.prod(variable.shape[1:])) for variable in matrices) * 4
    assert answers[None][1] - answers["int8"][1] == pytest.approx(saved - scales, rel=0.02)


def test_the_model_itself_is_left_alone(answers, classifier):
    assert classifier.dtype_policy.name == "float32"
    assert all(variable.dtype == "float32" for variable in classifier.trainable_variables)


def test_a_quantized_matrix_is_off_by_half_a_step_at_most():
    matrix = np.random.default_rng(0).normal(size=(7, 3, 5)).astype("float32")
    matrix[:, 1, 2] = 0
    integers, scale = quantized(matrix)
    assert integers.dtype == tf.int8
    restored = integers.numpy() * scale.numpy()
    assert (np.abs(restored - matrix) <= scale.numpy() / 2 + 1e-7).all()
    assert (restored[:, 1, 2] == 0).all()


def test_an_unknown_type_is_refused(classifier, small_tokenizer, tmp_path):
    with pytest.raises(InputError, match="dtype must be one of float32, bfloat16, int8, or None"):
        export_saved_model(classifier, small_tokenizer, tmp_path, max_length=24, dtype="float8")
    assert list(tmp_path.iterdir()) == []
