"""Names, sizes and number types of what goes into a portable file and comes out of it."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForMultipleChoice, RemBertForTokenClassification, RemBertModel
from rembert_tf.config_checks import ACTIVATIONS
from tests.serving.portable.runtimes import BOTH, EXPORTS, INTEGERS, LOADED, whole_inputs

OPEN = {"onnx": ("batch", "length", "choices"), "litert": (-1, -1, -1)}


def batch(config, shape, seed=0):
    """A batch whose first row is padded on the right."""
    generator = np.random.default_rng(seed)
    mask = np.ones(shape, np.int32)
    mask[0, ..., shape[-1] // 2 + 1 :] = 0
    return {
        "input_ids": generator.integers(0, config.vocab_size, shape).astype(np.int32),
        "attention_mask": mask,
        "token_type_ids": generator.integers(0, 2, shape).astype(np.int32),
    }


def assert_same(answers, model, inputs, limit=1e-5, **views):
    expected = model({name: tf.constant(value) for name, value in inputs.items()}, **views)
    expected = expected if isinstance(expected, dict) else {"logits": expected}
    flat = {}
    for name, value in expected.items():
        flat.update(
            {f"{name}.{i}": each for i, each in enumerate(value)} if isinstance(value, tuple) else {name: value}
        )
    assert set(answers) == set(flat)
    for name, value in flat.items():
        assert answers[name].dtype == np.float32
        np.testing.assert_allclose(answers[name], value.numpy(), rtol=0, atol=limit, err_msg=name)


@pytest.mark.parametrize("file_format", BOTH)
def test_open_sizes_have_names_and_further_outputs_theirs(file_format, tiny_config, tiny_tokenizer, tmp_path):
    model = RemBertModel(tiny_config)
    EXPORTS[file_format](model, tiny_tokenizer, tmp_path / "out", hidden_states=True, attentions=True)
    loaded, (rows, length, _) = LOADED[file_format](tmp_path / "out"), OPEN[file_format]
    assert set(loaded.inputs) == {"input_ids", "attention_mask", "token_type_ids"}
    assert set(loaded.inputs.values()) == {(rows, length)}
    if file_format == "onnx":
        assert loaded.outputs == {
            "last_hidden_state": ("batch", "length", 48),
            "pooler_output": ("batch", 48),
            "hidden_states.0": ("batch", "length", 48),
            "hidden_states.1": ("batch", "length", 48),
            "attentions.0": ("batch", 3, "length", "length"),
        }
    for shape in ((1, 1), (2, 5), (3, 32)):
        inputs = batch(tiny_config, shape)
        answers = loaded(whole_inputs(file_format, inputs))
        assert_same(answers, model, inputs, output_hidden_states=True, output_attentions=True)
    with pytest.raises((RuntimeError, Exception), match="(?i)out of"):  # a position that no table has
        loaded(whole_inputs(file_format, batch(tiny_config, (1, 33))))


@pytest.mark.parametrize("file_format", BOTH)
def test_fixed_sizes(file_format, tiny_config, tiny_tokenizer, tmp_path):
    model = RemBertForTokenClassification(tiny_config)
    EXPORTS[file_format](model, tiny_tokenizer, tmp_path / "out", batch_size=2, max_length=16)
    loaded = LOADED[file_format](tmp_path / "out")
    assert set(loaded.inputs.values()) == {(2, 16)}
    assert loaded.outputs == {"logits": (2, 16, 3)}
    inputs = batch(tiny_config, (2, 16))
    assert_same(loaded(whole_inputs(file_format, inputs)), model, inputs)


@pytest.mark.slow
@pytest.mark.parametrize("file_format", BOTH)
@pytest.mark.parametrize("sizes", [{"batch_size": 1}, {"max_length": 7}])
def test_one_fixed_size_and_choices_that_stay_open(file_format, sizes, tiny_config, tiny_tokenizer, tmp_path):
    model = RemBertForMultipleChoice(tiny_config)
    EXPORTS[file_format](model, tiny_tokenizer, tmp_path / "out", **sizes)
    loaded, (rows, length, choices) = LOADED[file_format](tmp_path / "out"), OPEN[file_format]
    rows, length = sizes.get("batch_size", rows), sizes.get("max_length", length)
    assert set(loaded.inputs.values()) == {(rows, choices, length)}
    assert loaded.outputs == {"logits": (rows, choices)}
    for number in (2, 5):
        inputs = batch(tiny_config, (1, number, 7))
        assert_same(loaded(whole_inputs(file_format, inputs)), model, inputs)


@pytest.mark.slow
@pytest.mark.parametrize("file_format", BOTH)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_holds(file_format, activation, tiny_config, tiny_tokenizer, tmp_path):
    model = RemBertModel(tiny_config.replace(hidden_act=activation), add_pooling_layer=False)
    EXPORTS[file_format](model, tiny_tokenizer, tmp_path / "out")
    loaded, inputs = LOADED[file_format](tmp_path / "out"), batch(tiny_config, (2, 9))
    assert set(loaded.outputs) == {"last_hidden_state"}
    assert_same(loaded(whole_inputs(file_format, inputs)), model, inputs)


@pytest.mark.slow
@pytest.mark.parametrize("file_format", BOTH)
def test_adapters_and_a_model_of_another_type(file_format, tiny_config, tiny_tokenizer, tmp_path):
    model = RemBertModel(tiny_config, dtype="mixed_bfloat16")
    model.enable_lora(rank=2)
    for weight in model.weights:
        if "adapter" in weight.path or "lora" in weight.path:
            weight.assign(np.random.default_rng(1).normal(size=weight.shape) / 4)
    EXPORTS[file_format](model, tiny_tokenizer, tmp_path / "out")
    plain = type(model).from_config({**model.get_config(), "dtype": "float32"})
    for mine, theirs in zip(plain.weights, model.weights, strict=True):
        mine.assign(theirs)
    inputs = batch(tiny_config, (2, 9))
    assert_same(LOADED[file_format](tmp_path / "out")(whole_inputs(file_format, inputs)), plain, inputs)
    assert INTEGERS[file_format] in (np.int64, np.int32)
