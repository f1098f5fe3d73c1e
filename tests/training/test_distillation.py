"""The loss of a student beside its teacher, for every head, against NumPy."""

import dataclasses

import numpy as np
import pytest

from rembert_tf.training.distillation_settings import DistillationSettings
from tests.training.taught_heads import (
    ALONE,
    HEADS,
    divergences,
    expected_divergence,
    make,
    row_mean,
    softmax,
    step_loss,
)


@pytest.mark.parametrize("head", HEADS)
def test_the_teachers_loss_against_numpy(small_config, head):
    teacher, student = make(small_config, head)
    expected = expected_divergence(head, teacher, student)
    assert expected > 1e-3
    np.testing.assert_allclose(step_loss(student, head), expected, rtol=1e-4)


@pytest.mark.parametrize("head", HEADS)
def test_a_student_equal_to_its_teacher_learns_nothing(small_config, head):
    """With the hidden states compared too. Rates of 1 would show the least gradient."""
    settings = dataclasses.replace(ALONE, hidden_loss="layers")
    teacher, student = make(small_config, head, settings, equal=True)
    assert abs(step_loss(student, head)) < 2e-6
    for ours, theirs in zip(student.weights, teacher.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6, err_msg=ours.path)


@pytest.mark.parametrize("head", HEADS)
def test_alpha_mixes_the_two_losses(small_config, head):
    teacher, student = make(small_config, head, dataclasses.replace(ALONE, alpha=0.25))
    _, _, x, y = HEADS[head]
    own = student.evaluate(x, y, batch_size=4, verbose=0)  # the task's own loss, teacher or not
    expected = 0.75 * own + 0.25 * expected_divergence(head, teacher, student)
    np.testing.assert_allclose(step_loss(student, head), expected, rtol=1e-4)


@pytest.mark.parametrize("head", ["class", "choices", "tags", "pieces"])
def test_hidden_states_of_equal_width(small_config, head):
    """1 - cosine over the positions that hold a piece, the student's only block with the teacher's last."""
    settings = DistillationSettings(alpha=0.0, hidden_loss="layers", hidden_weight=3.0)
    teacher, student = make(small_config, head, settings)
    x = {name: array.reshape(-1, 6) for name, array in HEADS[head][2].items() if name != "masked_positions"}
    states = [np.asarray(model.rembert(x)["last_hidden_state"]) for model in (teacher, student)]
    theirs, ours = (state / np.linalg.norm(state, axis=-1, keepdims=True) for state in states)
    distance = 3 * row_mean(1 - (theirs * ours).sum(axis=-1), x["attention_mask"])
    _, _, inputs, y = HEADS[head]
    own = student.evaluate(inputs, y, batch_size=4, verbose=0)
    np.testing.assert_allclose(step_loss(student, head), own + distance, rtol=1e-4)


@pytest.mark.parametrize("head", ["class", "choices"])
def test_rows_without_a_label_learn_from_the_teacher_alone(small_config, head):
    alpha = 0.25
    teacher, student = make(small_config, head, dataclasses.replace(ALONE, alpha=alpha))
    name, _, x, y = HEADS[head]
    labels = np.array([y[0], -100, -100, y[3]])
    theirs, ours = np.asarray(teacher(x)), np.asarray(student(x))
    losses = divergences(theirs, ours)
    own = -np.log(np.take_along_axis(softmax(ours), np.maximum(labels, 0)[:, None], axis=1)[:, 0])
    rows = np.where(labels == -100, losses, alpha * losses + (1 - alpha) * own)
    np.testing.assert_allclose(float(student.train_on_batch(x, labels)), rows.mean(), rtol=1e-4)


@pytest.mark.parametrize("head", HEADS)
def test_micro_batches_make_the_same_step(small_config, head):
    """Rows without labels among them, where a row has one."""
    _, _, x, y = HEADS[head]
    labels = np.array([y[0], -100, -100, y[3]]) if head in ("class", "choices") else y
    if head == "spans":  # a label beyond the window counts as one where parts are weighed, with or without a teacher
        labels = {name: np.where(positions == 6, -100, positions) for name, positions in y.items()}
    learn = dataclasses.replace(ALONE, alpha=0.25, hidden_loss="last" if head in ("class", "choices") else "none")
    (_, whole), (_, parted) = (make(small_config, head, learn) for _ in range(2))
    parted.micro_batches = 2
    np.testing.assert_allclose(parted.train_on_batch(x, labels), whole.train_on_batch(x, labels), rtol=1e-5)
    for ours, theirs in zip(parted.weights, whole.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6, err_msg=ours.path)
