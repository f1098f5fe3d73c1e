"""Every class of the family computes the reference's outputs, losses, gradients and training steps."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rembert_tf
from rembert_tf.weights.weight_table import weights_of
from tests.golden import LOGITS, LOSS, STATES, assert_close, cases, model_directory

HEADS = {
    "RemBertForMaskedLM": "logits",
    "RemBertForCausalLM": "logits",
    "RemBertForSequenceClassification": "logits",
    "RemBertForTokenClassification": "logits",
    "RemBertForQuestionAnswering": "start_logits",
    "RemBertForMultipleChoice": "logits",
}
# Compared elsewhere: one token at a time through a cache (test_decoder.py), and positions that the reference
# counts and ours refuse (test_question_answering_labels.py).
ELSEWHERE = ("kv_cache_stepwise", "loss_negative")


def of_every_class(output):
    found = [(head, case) for head in HEADS for case in cases(head, output) if case.name not in ELSEWHERE]
    return pytest.mark.parametrize(("head", "case"), found, ids=[str(case) for _, case in found])


def load(head, case, **overrides):
    model = getattr(rembert_tf, head).from_pretrained(model_directory(case.model), **overrides)
    model.compile(optimizer=keras.optimizers.SGD(0.01), jit_compile=False)
    return model


def rows(inputs):
    return len(next(iter(inputs.values())))


def outputs_of(model, inputs):
    outputs = model(inputs)
    return outputs if isinstance(outputs, dict) else {"logits": outputs}


def test_there_is_a_case_for_every_class():
    for head, output in HEADS.items():
        assert cases(head, output), head
        assert cases(head, "loss"), head


@pytest.mark.parametrize(
    ("head", "case"),
    [
        pytest.param(head, case, id=str(case))
        for head, output in HEADS.items()
        for case in cases(head, output)
        if case.name not in ELSEWHERE
    ],
)
def test_outputs(head, case):
    compared = 0
    for name, ours in outputs_of(load(head, case), case.inputs).items():
        for expected in (name, f"{name}_f64"):
            if expected in case.expected:
                assert_close(f"{case} logits", ours, case.expected[expected], LOGITS)
                compared += 1
    assert compared


@of_every_class("hidden_states.0")
def test_states_and_attentions_below_the_head(head, case):
    if head == "RemBertForMultipleChoice":  # every choice is a row of its own
        inputs = {name: value.reshape(-1, value.shape[-1]) for name, value in case.inputs.items()}
    else:
        inputs = case.inputs
    outputs = load(head, case).rembert(inputs, output_hidden_states=True, output_attentions=True)
    for name, expected in case.expected.items():
        group, _, index = name.partition(".")
        if group in ("hidden_states", "attentions", "cross_attentions"):
            assert_close(f"{case} states", outputs[group][int(index)], expected, STATES)


@of_every_class("loss")
def test_loss_as_the_contract_says_to_get_it(head, case):
    model = load(head, case)
    result = model.evaluate(case.inputs, case.labels, batch_size=rows(case.inputs), return_dict=True, verbose=0)
    expected = case.expected["loss"]
    if np.isnan(expected):  # the reference's mean over nothing; 0 here
        assert result["loss"] == 0.0
    else:
        assert_close(f"{case} loss", result["loss"], expected, LOSS)


@of_every_class("grad_norms")
def test_gradients(head, case):
    """Of every weight its norm, of some every entry; the padding row's is zero. Through the loss of `fit`."""
    model = load(head, case, classifier_dropout_prob=0.0)
    before = {weight.name: weight.value() for weight in weights_of(model)}
    model.optimizer.learning_rate = 1.0
    model.train_on_batch(case.inputs, case.labels)
    ours = {weight.name: before[weight.name] - weight.value() for weight in weights_of(model)}
    expected = case.expected
    assert ours.keys() == set(expected["grad_names"].tolist())
    # A difference of weights is rounded to float32 at the size of a weight, about 1.
    norms = [np.linalg.norm(ours[name]) for name in expected["grad_names"].tolist()]
    assert_close(f"{case} gradient norms", norms, expected["grad_norms"], 2 * LOSS)
    whole = [name for name in expected if name.startswith("grad:")]
    assert whole
    for name in whole:
        assert_close(f"{case} gradients", ours[name.removeprefix("grad:")], expected[name], LOSS)
    assert not np.any(ours["rembert.embeddings.word_embeddings.weight"][model.config.pad_token_id])


@of_every_class("sgd_losses_lr0.01")
def test_five_steps_of_gradient_descent(head, case):
    model = load(head, case, classifier_dropout_prob=0.0)
    expected = case.expected["sgd_losses_lr0.01"]
    history = model.fit(case.inputs, case.labels, batch_size=rows(case.inputs), epochs=len(expected), verbose=0)
    assert_close(f"{case} training", history.history["loss"], expected, 2 * LOSS)


# What a wrong implementation would compute, and by how much the golden must notice it.
MUTATIONS = {
    "tanh instead of erf GELU": ({"hidden_act": "gelu_new"}, (), 2 * LOGITS),
    "Keras' default LayerNorm epsilon": ({"layer_norm_eps": 1e-3}, (), 2 * LOGITS),
    "the mask is not looked at": ({}, ("attention_mask",), 1e-3),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("head", HEADS)
def test_a_wrong_class_would_be_noticed(head, mutation):
    overrides, left_out, noticed = MUTATIONS[mutation]
    for case in cases(head, HEADS[head]):
        if case.name not in ("full", "loss"):
            continue
        wrong = load(head, case, **overrides)
        inputs = {name: value for name, value in case.inputs.items() if name not in left_out}
        name = HEADS[head]
        worst = np.max(np.abs(np.asarray(outputs_of(wrong, inputs)[name]) - case.expected[name]))
        assert worst > noticed, f"{case}: only {worst:.1e}"


@pytest.mark.parametrize("head", HEADS)
def test_every_weight_of_the_head_matters(head):
    """With the entries of any variable outside the encoder in another order, the golden no longer fits."""
    case = cases(head, HEADS[head])[0]
    model, name = load(head, case), HEADS[head]
    own = [weight for weight in model.weights if "/rembert/" not in f"/{weight.path}"]
    assert own
    for weight in own:
        kept = weight.numpy()
        weight.assign(np.roll(kept, 1, axis=0) if kept.size > 1 else kept + 1)
        ours = np.asarray(outputs_of(model, case.inputs)[name])
        assert np.max(np.abs(ours - case.expected[name])) > 2 * LOGITS, weight.path
        weight.assign(kept)


def test_a_graph_gives_the_same_numbers():
    for head, output in HEADS.items():
        case = cases(head, output)[0]
        model = load(head, case)
        call = tf.function(lambda inputs, model=model: outputs_of(model, inputs), autograph=False)
        ours = call({name: tf.constant(value) for name, value in case.inputs.items()})
        assert_close(f"{case} logits", ours[output], case.expected[output], LOGITS)
