"""What every class of the family can do, by one harness."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.errors import InputError
from tests.models.family import FAMILY, TASKS, outputs_of

every = pytest.mark.parametrize("member", FAMILY, ids=str)
every_task = pytest.mark.parametrize("member", TASKS, ids=str)


@every
def test_shapes_and_dtypes(member, small_config):
    for policy in ("float32", "mixed_bfloat16", "mixed_float16"):
        outputs = outputs_of(member.build(small_config, dtype=policy), member.inputs)
        assert {name: tuple(value.shape) for name, value in outputs.items()} == member.shapes
        # Scores are float32 whatever the arithmetic is; states have the arithmetic's dtype.
        expected = "float32" if member in TASKS else policy.removeprefix("mixed_")
        assert {keras.backend.standardize_dtype(value.dtype) for value in outputs.values()} == {expected}
        assert all(np.all(np.isfinite(np.asarray(value, "float32"))) for value in outputs.values())


def most_of_them_slow(argument, cheap):
    """Every class with every value; all but the first value, and but one class, only in `make test-all`."""
    first, *others = cheap
    fast = [pytest.param(member, first, id=f"{member}-{first}") for member in TASKS]
    slow = [
        pytest.param(member, value, id=f"{member}-{value}", marks=[] if member is TASKS[0] else pytest.mark.slow)
        for member in TASKS
        for value in others
    ]
    return pytest.mark.parametrize(("member", argument), fast + slow)


@most_of_them_slow("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_fit_learns_a_batch_by_heart(member, small_config, policy):
    keras.utils.set_random_seed(1)
    model = member.build(small_config, dtype=policy)
    model.compile(optimizer=keras.optimizers.Adam(0.01), jit_compile=False)
    losses = model.fit(member.inputs, member.labels, batch_size=4, epochs=40, verbose=0).history["loss"]
    assert np.all(np.isfinite(losses))
    assert losses[-1] < losses[0] / 2
    evaluated = model.evaluate(member.inputs, member.labels, batch_size=4, verbose=0)
    assert evaluated < losses[0] / 2


@most_of_them_slow("jit_compile", [False, True])
def test_a_dataset_trains_like_arrays_and_so_does_xla(member, small_config, jit_compile):
    results = []
    for kind in ("arrays", "dataset"):
        keras.utils.set_random_seed(2)
        model = member.build(small_config.replace(num_hidden_layers=1))
        model.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=jit_compile and kind == "dataset")
        if kind == "dataset":
            data = tf.data.Dataset.from_tensor_slices((member.inputs, member.labels)).batch(2)
            history = model.fit(data, epochs=2, verbose=0)
        else:
            history = model.fit(member.inputs, member.labels, batch_size=2, epochs=2, shuffle=False, verbose=0)
        results.append(history.history["loss"])
    np.testing.assert_allclose(results[1], results[0], rtol=1e-4 if jit_compile else 1e-5)


@every
def test_predict_gives_what_a_call_gives(member, small_config):
    model = member.build(small_config)
    expected = outputs_of(model, member.inputs)
    predicted = model.predict(member.inputs, batch_size=3, verbose=0)
    predicted = predicted if isinstance(predicted, dict) else {"": predicted}
    for name, value in expected.items():
        np.testing.assert_allclose(predicted[name], value, atol=1e-5)


@every
def test_a_model_directory_keeps_it(member, small_config, tmp_path):
    model = member.build(small_config)
    model.save_pretrained(tmp_path)
    again = type(model).from_pretrained(tmp_path)
    assert again.config.replace(extra={}) == model.config
    for name, value in outputs_of(again, member.inputs).items():
        np.testing.assert_array_equal(value, outputs_of(model, member.inputs)[name])


@every
def test_keras_files_keep_it(member, small_config, tmp_path):
    model = member.build(small_config, name="mine")
    expected = outputs_of(model, member.inputs)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    whole = keras.models.load_model(tmp_path / "model.keras")
    assert (type(whole), whole.name, whole.config) == (type(model), "mine", model.config)
    weights = type(model).from_config(model.get_config())
    weights.load_weights(tmp_path / "model.weights.h5")
    for again in (whole, weights):
        for name, value in outputs_of(again, member.inputs).items():
            np.testing.assert_array_equal(value, expected[name])


@every
def test_summary_and_number_of_parameters(member, small_config, capsys):
    model = member.build(small_config)
    model.summary()
    assert f"{model.count_params():,}" in capsys.readouterr().out
    assert model.count_params() == sum(int(np.prod(weight.shape)) for weight in model.weights if weight.trainable)


@every_task
def test_a_frozen_encoder_stays_as_it_is(member, small_config):
    model = member.build(small_config)
    model.rembert.trainable = False
    before = [weight.numpy() for weight in model.rembert.weights]
    model.compile(optimizer=keras.optimizers.SGD(0.5), jit_compile=False)
    model.train_on_batch(member.inputs, member.labels)
    for weight, kept in zip(model.rembert.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), kept, err_msg=weight.path)
    assert model.trainable_weights


@every
def test_impossible_numbers_are_refused_by_fit_and_predict_too(member, small_config):
    model = member.build(small_config)
    wrong = {**member.inputs, "input_ids": member.inputs["input_ids"] + 45}
    with pytest.raises(InputError, match="input_ids holds .*must be from 0 to 49: vocab_size is 50"):
        model.predict(wrong, verbose=0)
    if member.labels is not None:
        model.compile(optimizer="sgd", jit_compile=False)
        with pytest.raises(InputError, match="vocab_size is 50"):
            model.fit(wrong, member.labels, verbose=0)
    long = {name: np.repeat(value, 3, axis=-1) for name, value in member.inputs.items()}
    with pytest.raises(InputError, match="18 positions long, but max_position_embeddings is 16"):
        model(long)


@every
def test_padding_does_not_change_a_texts_scores(member, small_config):
    """What is behind the padding has no say; the padded positions' own outputs do not matter."""
    model = member.build(small_config)
    mask = member.inputs["attention_mask"]
    changed = {**member.inputs, "input_ids": np.where(mask == 1, member.inputs["input_ids"], 9)}
    per_position = {"last_hidden_state", "start_logits", "end_logits"}
    for name, value in outputs_of(model, changed).items():
        theirs = np.asarray(outputs_of(model, member.inputs)[name])
        rows = name in per_position or member.name in ("RemBertForTokenClassification", "RemBertForCausalLM")
        kept = mask.astype(bool) if rows else slice(None)
        np.testing.assert_allclose(np.asarray(value)[kept], theirs[kept], atol=1e-5)


def test_arguments_of_the_constructor_go_through_from_pretrained(small_config, tmp_path):
    member = FAMILY[0]
    model = member.build(small_config)
    model.save_pretrained(tmp_path)
    bare = type(model).from_pretrained(tmp_path, add_pooling_layer=False, dtype="mixed_bfloat16", name="bare")
    assert (bare.name, bare.dtype_policy.name, list(bare(member.inputs))) == (
        "bare",
        "mixed_bfloat16",
        ["last_hidden_state"],
    )
    changed = type(model).from_pretrained(tmp_path, hidden_act="gelu_new")
    assert changed.config.hidden_act == "gelu_new"
    with pytest.raises(InputError, match="has no field hidden_actt"):
        type(model).from_pretrained(tmp_path, hidden_actt="gelu")
