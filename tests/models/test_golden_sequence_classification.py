"""RemBertForSequenceClassification: the reference's logits, losses, gradients and training."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.errors import InputError
from rembert_tf.weights.weight_table import weights_of
from tests.golden import LOGITS, LOSS, assert_close, cases, model_directory

NAME = "RemBertForSequenceClassification"
LOGITS_CASES, LOSS_CASES = cases(NAME, "logits"), cases(NAME, "loss")
GRADIENT_CASES, TRAINING_CASES = cases(NAME, "grad_norms"), cases(NAME, "sgd_losses_lr0.01")
SINGLE = next(case for case in LOSS_CASES if str(case) == "seqcls_single-loss")


def load(case, **overrides):
    model = RemBertForSequenceClassification.from_pretrained(model_directory(case.model), **overrides)
    model.compile(optimizer=keras.optimizers.SGD(0.01), jit_compile=False)
    return model


def loss_of(model, inputs, labels, **kwargs):
    """The loss of one batch, as the public contract says to get it."""
    return model.evaluate(inputs, labels, batch_size=len(labels), return_dict=True, verbose=0, **kwargs)["loss"]


def test_the_fixtures_are_there():
    assert [len(found) for found in (LOGITS_CASES, LOSS_CASES, GRADIENT_CASES, TRAINING_CASES)] == [4, 5, 1, 1]


@pytest.mark.parametrize("case", LOGITS_CASES, ids=str)
def test_logits(case):
    assert_close(f"{case} logits", load(case)(case.inputs), case.expected["logits"], LOGITS)


@pytest.mark.parametrize("case", LOSS_CASES, ids=str)
def test_loss(case):
    """Each way to decide the kind of problem, and a label of -100."""
    assert_close(f"{case} loss", loss_of(load(case), case.inputs, case.labels), case.expected["loss"], LOSS)


def test_loss_of_labels_in_every_form():
    """Any integer dtype; a list; one column."""
    model = load(SINGLE)
    logits = model(SINGLE.inputs)
    forms = [SINGLE.labels.astype(dtype) for dtype in ("int64", "uint8", "int8")]
    for labels in (*forms, SINGLE.labels.tolist(), SINGLE.labels[:, None]):
        assert_close(f"{SINGLE} loss", model.task_loss(labels, logits), SINGLE.expected["loss"], LOSS)


@pytest.mark.parametrize("case", GRADIENT_CASES, ids=str)
def test_gradients(case):
    """Of every weight its norm, of some every entry; the padding row's is zero."""
    model = load(case, classifier_dropout_prob=0.0)
    with tf.GradientTape() as tape:
        loss = model.compute_loss(y=case.labels, y_pred=model(case.inputs, training=True))
    weights = weights_of(model)
    gradients = tape.gradient(loss, [weight.variable.value for weight in weights])
    ours = {
        weight.name: weight.layout.to_file(tf.convert_to_tensor(gradient).numpy())
        for weight, gradient in zip(weights, gradients, strict=True)
    }
    expected = case.expected
    assert ours.keys() == set(expected["grad_names"].tolist())
    norms = [np.linalg.norm(ours[name]) for name in expected["grad_names"].tolist()]
    assert_close(f"{case} gradient norms", norms, expected["grad_norms"], LOSS)
    whole = [name for name in expected if name.startswith("grad:")]
    assert whole
    for name in whole:
        assert_close(f"{case} gradients", ours[name.removeprefix("grad:")], expected[name], LOSS)
    assert not np.any(ours["rembert.embeddings.word_embeddings.weight"][model.config.pad_token_id])


@pytest.mark.parametrize("case", TRAINING_CASES, ids=str)
def test_five_steps_of_gradient_descent(case):
    model = load(case, classifier_dropout_prob=0.0)
    expected = case.expected["sgd_losses_lr0.01"]
    history = model.fit(case.inputs, case.labels, batch_size=len(case.labels), epochs=len(expected), verbose=0)
    assert_close(f"{case} training", history.history["loss"], expected, LOSS)


def test_a_batch_of_ignored_labels_has_loss_0_and_trains_nothing():
    model = load(SINGLE)
    before = [weight.numpy() for weight in model.weights]
    labels = np.full_like(SINGLE.labels, -100)
    assert loss_of(model, SINGLE.inputs, labels) == 0.0
    history = model.fit(SINGLE.inputs, labels, batch_size=len(labels), verbose=0)
    assert history.history["loss"] == [0.0]
    for weight, kept in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), kept, err_msg=weight.path)


def cross_entropies(case):
    """Each row's loss, from the reference's logits."""
    logits = next(other for other in LOGITS_CASES if other.model == case.model).expected["logits"].astype("float64")
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -log_probabilities[np.arange(len(logits)), case.labels]


def test_sample_weight_and_class_weight_scale_each_row():
    """As in Keras, the weighted losses are averaged over the rows, not over the weights."""
    rows = cross_entropies(SINGLE)
    np.testing.assert_allclose(rows.mean(), SINGLE.expected["loss"], atol=LOSS)
    weight = np.array([0.0, 2.0, 0.5, 1.0], "float32")
    model = load(SINGLE, classifier_dropout_prob=0.0)
    weighted = loss_of(model, SINGLE.inputs, SINGLE.labels, sample_weight=weight)
    assert_close("seqcls_single-sample_weight loss", weighted, np.mean(weight * rows), LOSS)
    some = np.where([True, True, False, True], SINGLE.labels, -100)
    weighted = model.task_loss(some, model(SINGLE.inputs), sample_weight=weight)
    assert_close("seqcls_single-sample_weight loss", weighted, np.sum((weight * rows)[some != -100]) / 3, LOSS)
    of_class = {0: 3.0, 1: 0.5, 2: 1.0}
    history = model.fit(SINGLE.inputs, SINGLE.labels, batch_size=4, class_weight=of_class, verbose=0)
    expected = np.mean([of_class[label] * row for label, row in zip(SINGLE.labels, rows, strict=True)])
    assert_close("seqcls_single-class_weight loss", history.history["loss"][0], expected, LOSS)


def test_a_loss_given_to_compile_wins():
    model = load(SINGLE)
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum"), metrics=["acc"])
    result = model.evaluate(SINGLE.inputs, SINGLE.labels, batch_size=4, return_dict=True, verbose=0)
    assert_close("seqcls_single-own loss loss", result["loss"], 4 * SINGLE.expected["loss"], 4 * LOSS)
    assert 0 <= result["acc"] <= 1


@pytest.mark.parametrize(
    ("model", "labels", "said"),
    [
        ("seqcls_single", np.zeros((4, 3), "int32"), r"one class number a row.*\(4, 3\).*floats"),
        ("seqcls_regression_multi", np.zeros(4, "float32"), r"regression with 3 labels.*\(batch, 3\).*\(4,\)"),
        ("seqcls_multilabel", np.zeros((4, 3), "float32"), r"multi_label.* with 4 labels.*\(4, 3\)"),
    ],
)
def test_labels_of_a_wrong_shape_are_refused(model, labels, said):
    case = next(case for case in LOGITS_CASES if case.model == model)
    with pytest.raises(InputError, match=said):
        load(case).task_loss(labels, case.expected["logits"])


def test_integers_are_numbers_to_a_regressor():
    """Whatever their sign: only class numbers have a range."""
    case = next(case for case in LOSS_CASES if case.model == "seqcls_regression1")
    model = load(case)
    whole = np.array([-3, 0, 2, -100])
    expected = np.mean((model(case.inputs).numpy()[:, 0] - whole) ** 2)
    np.testing.assert_allclose(loss_of(model, case.inputs, whole), expected, rtol=1e-5)


@pytest.mark.parametrize("label", [3, -1])
def test_a_class_that_does_not_exist_is_refused(label):
    labels = np.where(np.arange(4) == 2, label, SINGLE.labels)
    with pytest.raises(InputError, match=f"y holds {label}, but must be 0 to 2, or -100"):
        load(SINGLE).fit(SINGLE.inputs, labels, verbose=0)
