"""Answer positions: where ours differ from the reference on purpose, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForQuestionAnswering
from rembert_tf.errors import InputError
from tests.golden import LOSS, assert_close, cases, model_directory

CASES = {case.name: case for case in cases("RemBertForQuestionAnswering", "loss")}
PLAIN, NEGATIVE = CASES["loss"], CASES["loss_negative"]


@pytest.fixture(scope="module")
def model():
    model = RemBertForQuestionAnswering.from_pretrained(model_directory("question_answering"))
    model.compile(optimizer="sgd", jit_compile=False)
    return model


def loss_of(model, labels):
    return model.evaluate(PLAIN.inputs, labels, batch_size=4, return_dict=True, verbose=0)["loss"]


def cross_entropies(logits, positions):
    logits = logits.astype("float64")
    return np.log(np.exp(logits).sum(axis=1)) - np.take_along_axis(logits, positions[:, None], axis=1)[:, 0]


def test_minus_100_is_ignored_and_not_counted_as_the_first_position(model):
    """The reference clamps it to 0 and counts it."""
    labels = {"start_positions": np.array([1, -100, 3, -100]), "end_positions": np.array([2, 4, -100, 5])}
    outputs = {name: value.numpy() for name, value in model(PLAIN.inputs).items()}
    parts = []
    for name, logits in (("start_positions", "start_logits"), ("end_positions", "end_logits")):
        kept = labels[name] != -100
        parts.append(cross_entropies(outputs[logits][kept], labels[name][kept]).mean())
    assert_close(f"{PLAIN} ignored", loss_of(model, labels), np.mean(parts), LOSS)


def test_other_negative_positions_are_refused(model):
    with pytest.raises(InputError, match="start_positions holds -1, but must be 0 or more, or -100"):
        loss_of(model, NEGATIVE.labels)


def test_they_are_refused_in_a_dataset_too(model):
    """Inside a compiled step TensorFlow reports it, with our sentence."""
    labels = {name: value.astype("int32") for name, value in NEGATIVE.labels.items()}
    data = tf.data.Dataset.from_tensor_slices((NEGATIVE.inputs, labels)).batch(4)
    with pytest.raises(tf.errors.InvalidArgumentError, match="start_positions must be 0 or more"):
        model.evaluate(data, verbose=0)


def test_labels_of_the_caller_stay_as_they_are(model):
    """The reference clamps them in place."""
    labels = {name: value.copy() for name, value in CASES["loss_out_of_range"].labels.items()}
    loss_of(model, labels)
    for name, value in labels.items():
        np.testing.assert_array_equal(value, CASES["loss_out_of_range"].labels[name])


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.zeros(4, int), "dictionary with start_positions and end_positions"),
        ({"start_positions": np.zeros(4, int)}, "dictionary with start_positions and end_positions"),
        (
            {"start_positions": np.zeros((4, 2), int), "end_positions": np.zeros(4, int)},
            r"position a row.*\(4, 2\)",
        ),
    ],
)
def test_labels_of_another_form_are_refused(model, labels, said):
    with pytest.raises(InputError, match=said):
        loss_of(model, labels)


def test_three_outputs_are_refused(small_config):
    with pytest.raises(InputError, match="2 outputs.*num_labels is 3"):
        RemBertForQuestionAnswering(small_config)
