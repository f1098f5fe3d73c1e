"""The family on JAX, where TensorFlow isn't installed.

A pytest file for another interpreter: `test_jax.py` runs it in an environment of its own, as

    KERAS_BACKEND=jax PYTHON -m pytest tests/interop/jax_checks.py

Its name keeps it out of the ordinary collection.
"""

import importlib.util
import json
import os

import keras
import numpy as np
import pytest

import rembert_tf
from tests.golden import LOGITS, LOSS, STATES, assert_close, cases, fixture, model_directory
from tests.models.family import FAMILY, TASKS, outputs_of

HEADS = {
    "RemBertForMaskedLM": "logits",
    "RemBertForCausalLM": "logits",
    "RemBertForSequenceClassification": "logits",
    "RemBertForTokenClassification": "logits",
    "RemBertForQuestionAnswering": "start_logits",
    "RemBertForMultipleChoice": "logits",
}
STEPWISE = "kv_cache_stepwise"  # one token at a time, through a cache
REFERENCE_ALONE = ("pad_token_id", "use_cache")  # ours takes the one from the configuration, and always has the other
STATE_GROUPS = ("hidden_states", "attentions", "cross_attentions")
BEAMS = cases("RemBertForCausalLM", "sequences_scores")
SEQUENCES = cases("RemBertForCausalLM", "sequences")

each_member = pytest.mark.parametrize("member", FAMILY, ids=str)
each_task = pytest.mark.parametrize("member", TASKS, ids=str)


def each(found):
    return pytest.mark.parametrize(("head", "case"), found, ids=[str(case) for _, case in found])


def of_heads(output):
    return [(head, case) for head in HEADS for case in cases(head, output) if case.name != STEPWISE]


def load(head, case):
    return getattr(rembert_tf, head).from_pretrained(model_directory(case.model))


def trained(model, member, **options):
    """Returns a model's losses over some steps on one batch."""
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    rows = len(member.inputs["input_ids"])
    return model.fit(member.inputs, member.labels, batch_size=rows, epochs=4, verbose=0, **options).history["loss"]


def numbers(model, inputs):
    return {name: np.asarray(value) for name, value in outputs_of(model, inputs).items()}


def assert_equal_outputs(ours, expected, atol=1e-6):
    assert ours.keys() == expected.keys()
    for name, value in ours.items():
        np.testing.assert_allclose(value, expected[name], atol=atol)


def test_there_is_no_tensorflow():
    assert keras.backend.backend() == "jax"
    assert importlib.util.find_spec("tensorflow") is None


@each([("RemBertModel", case) for case in cases("RemBertModel", "last_hidden_state")])
def test_encoder(head, case):
    outputs = load(head, case)(case.inputs, output_hidden_states=True, output_attentions=True)
    for name, expected in case.expected.items():
        group, _, index = name.removesuffix("_f64").partition(".")
        ours = outputs[group][int(index)] if index else outputs[group]
        assert_close(f"{case} states", ours, expected, STATES)


@each([(head, case) for head, output in HEADS.items() for case in cases(head, output) if case.name != STEPWISE])
def test_outputs(head, case):
    model = load(head, case)
    for name, ours in outputs_of(model, case.inputs).items():
        assert_close(f"{case} logits", ours, case.expected[name or HEADS[head]], LOGITS)


@each([pair for pair in of_heads("hidden_states.0") if "MultipleChoice" not in pair[0]])
def test_states(head, case):
    outputs = load(head, case).rembert(case.inputs, output_hidden_states=True, output_attentions=True)
    for name, expected in case.expected.items():
        group, _, index = name.partition(".")
        if group in STATE_GROUPS:
            assert_close(f"{case} states", outputs[group][int(index)], expected, STATES)


@each([pair for pair in of_heads("loss") if np.isfinite(pair[1].expected["loss"]) and "negative" not in pair[1].name])
def test_evaluate(head, case):
    model = load(head, case)
    model.compile(optimizer="sgd")
    rows = len(case.inputs["input_ids"])
    loss = model.evaluate(case.inputs, case.labels, batch_size=rows, return_dict=True, verbose=0)["loss"]
    assert_close(f"{case} loss", loss, case.expected["loss"], LOSS)


@each(of_heads("sgd_losses_lr0.01"))
def test_training_steps(head, case):
    """Gradients are the reference's: five steps of plain descent have its losses."""
    model = load(head, case)
    model.compile(optimizer=keras.optimizers.SGD(0.01))
    expected, rows = case.expected["sgd_losses_lr0.01"], len(case.inputs["input_ids"])
    # Without dropout, as there.
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0
    history = model.fit(case.inputs, case.labels, batch_size=rows, epochs=len(expected), verbose=0).history
    assert_close(f"{case} sgd", history["loss"], expected, 2e-4)


@each_task
def test_fit(member, small_config):
    losses = trained(member.build(small_config), member)
    assert np.all(np.isfinite(losses))
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("dropout", [0.0, 0.2])
@each_task
def test_gradient_checkpointing(member, dropout, small_config):
    """Computing activations again gives the same steps, and drops the same entries again."""
    config = small_config.replace(hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)
    losses = []
    for recomputing in (False, True):
        keras.utils.set_random_seed(1)
        model = member.build(config)
        if recomputing:
            model.gradient_checkpointing_enable()
        losses.append(trained(model, member))
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)


@pytest.mark.parametrize("policy", ["bfloat16", "mixed_bfloat16", "float64"])
@each_member
def test_dtype_policies(member, policy, small_config):
    exact = member.build(small_config)
    model = member.build(small_config, dtype=policy)
    for weight, source in zip(model.weights, exact.weights, strict=True):
        weight.assign(source)
    for name, value in numbers(model, member.inputs).items():
        assert np.all(np.isfinite(np.asarray(value, "float32")))
        np.testing.assert_allclose(np.asarray(value, "float32"), numbers(exact, member.inputs)[name], atol=0.25)
    if member.labels is not None and policy != "float64":
        assert np.all(np.isfinite(trained(model, member)))


@each_member
def test_round_trips(member, small_config, tmp_path):
    model = member.build(small_config)
    expected = numbers(model, member.inputs)
    model.save_pretrained(tmp_path / "directory")
    model.save_pretrained(tmp_path / "sharded", max_shard_size="2KB")
    model.save(tmp_path / "model.keras")
    for name in ("directory", "sharded"):
        again = type(model).from_pretrained(tmp_path / name)
        assert_equal_outputs(numbers(again, member.inputs), expected)
    assert_equal_outputs(numbers(keras.saving.load_model(tmp_path / "model.keras"), member.inputs), expected)


@each_task
def test_lora(member, small_config, tmp_path):
    model = member.build(small_config)
    model.enable_lora(rank=2, alpha=3)
    assert np.all(np.isfinite(trained(model, member)))
    expected = numbers(model, member.inputs)
    model.save_pretrained(tmp_path / "merged")
    again = type(model).from_pretrained(tmp_path / "merged")
    assert_equal_outputs(numbers(again, member.inputs), expected, atol=1e-5)
    model.save_lora(tmp_path / "adapters")
    other = member.build(small_config)
    other.set_weights([np.asarray(weight) for weight in model.weights if "lora" not in weight.path])
    other.load_lora(tmp_path / "adapters")
    assert_equal_outputs(numbers(other, member.inputs), expected, atol=1e-5)


@each_member
def test_resize(member, small_config):
    model = member.build(small_config)
    expected = numbers(model, member.inputs)
    model.resize_token_embeddings(60)
    for name, value in numbers(model, member.inputs).items():
        before = expected[name]
        np.testing.assert_allclose(value[..., : before.shape[-1]], before, atol=1e-6)
    if member.labels is not None:
        assert np.all(np.isfinite(trained(model, member)))


@pytest.mark.parametrize("case", SEQUENCES, ids=str)
def test_generate(case):
    model = load("RemBertForCausalLM", case)
    call = json.loads(fixture("hf/manifest.json").read_text())[case.model]["cases"][case.name]["call"]
    settings = {name: value for name, value in call.items() if name not in REFERENCE_ALONE}
    sequences, scores = model.generate(case.inputs, **settings, return_scores=True)
    np.testing.assert_array_equal(np.asarray(sequences), case.expected["sequences"])
    if case in BEAMS:
        assert_close(f"{case} scores", scores, case.expected["sequences_scores"], LOSS)


def test_sampling_does_not_depend_on_the_backend():
    """A seed draws the same pieces as with TensorFlow, whose process wrote them into the environment."""
    case = SEQUENCES[0]
    model = load("RemBertForCausalLM", case)
    ours = model.generate(case.inputs, max_new_tokens=8, do_sample=True, top_k=20, top_p=0.9, eos_token_id=None, seed=5)
    expected = os.environ["REMBERT_TF_SAMPLED"]
    assert np.asarray(ours).tolist() == np.array(expected.split(","), int).reshape(ours.shape).tolist()
