"""The teacher stays outside of everything but the loss; projections, precision, devices; and what is refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rembert_tf
from rembert_tf.errors import InputError
from rembert_tf.training.distillation import taught
from rembert_tf.training.distillation_settings import DistillationSettings
from tests.training.taught_heads import ALONE, INPUTS, expected_divergence, make, row_mean, step_loss


def test_hidden_states_of_another_width_go_through_a_projection(small_config, tmp_path):
    settings = DistillationSettings(alpha=1.0, hidden_loss="last")
    teacher, student = make(small_config, "class", settings, hidden_size=6, num_attention_heads=2, intermediate_size=8)
    [projection] = student.hidden_projections
    theirs, ours = (np.asarray(model.rembert(INPUTS)["last_hidden_state"]) for model in (teacher, student))
    difference = ours @ projection.kernel.numpy() - theirs
    distance = row_mean((difference**2).mean(axis=-1), INPUTS["attention_mask"])
    expected = distance + expected_divergence("class", teacher, student)
    before = projection.kernel.numpy()
    np.testing.assert_allclose(step_loss(student, "class"), expected, rtol=1e-4)
    assert np.abs(projection.kernel.numpy() - before).max() > 0  # it is trained,
    student.save_pretrained(tmp_path)  # and not saved
    again = rembert_tf.RemBertForSequenceClassification.from_pretrained(tmp_path)
    np.testing.assert_array_equal(again(INPUTS), student(INPUTS))


@pytest.mark.parametrize("settings", [ALONE, DistillationSettings(hidden_loss="layers")])
def test_the_teacher_stays_as_it_is_and_outside(small_config, settings, tmp_path):
    teacher, student = make(small_config, "class", settings)
    before = [weight.numpy() for weight in teacher.weights]
    student.optimizer.learning_rate = 0.1
    losses = [step_loss(student, "class") for _ in range(10)]
    assert losses[-1] < losses[0]
    for old, new in zip(before, teacher.weights, strict=True):
        np.testing.assert_array_equal(old, new)
    theirs = {id(variable) for variable in teacher.variables}
    known = [*student.variables, *student.optimizer.variables, *student.trainable_variables]
    assert not theirs & {id(variable) for variable in known}
    plain = rembert_tf.RemBertForSequenceClassification(student.config)
    assert len(student.variables) == len(plain.variables)
    student.save_pretrained(tmp_path)
    again = rembert_tf.RemBertForSequenceClassification.from_pretrained(tmp_path)
    assert again.config.extra["architectures"] == ["RemBertForSequenceClassification"]
    assert again.config.num_hidden_layers == 1
    np.testing.assert_array_equal(again(INPUTS), student(INPUTS))


def test_activations_that_are_computed_twice_give_the_same_step(small_config):
    settings = DistillationSettings(hidden_loss="layers")
    (_, kept), (_, twice) = (make(small_config, "tags", settings) for _ in range(2))
    twice.gradient_checkpointing_enable()
    np.testing.assert_allclose(step_loss(twice, "tags"), step_loss(kept, "tags"), rtol=1e-6)
    for ours, theirs in zip(twice.weights, kept.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6, err_msg=ours.path)


@pytest.mark.slow
def test_two_devices_learn_as_one():
    """In a process of its own: devices are divided before TensorFlow begins."""
    checks = Path(__file__).with_name("mirrored_students.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(checks)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=checks.parents[2], timeout=1200)
    assert done.returncode == 0, done.stdout[-4000:]


def test_a_rounded_teacher(small_config):
    teacher = rembert_tf.RemBertForMaskedLM(small_config, dtype="bfloat16")
    student = taught(rembert_tf.RemBertForMaskedLM)(small_config, dtype="mixed_bfloat16")
    student.learn_from(teacher, DistillationSettings(hidden_loss="last"))
    student.compile(optimizer="sgd")
    assert np.isfinite(step_loss(student, "pieces"))
    assert {variable.dtype for variable in student.trainable_variables} == {"float32"}


def test_the_teacher_has_no_dropout(small_config):
    config = small_config.replace(hidden_dropout_prob=0.5, classifier_dropout_prob=0.5)
    teacher = rembert_tf.RemBertForSequenceClassification(config)
    student = taught(rembert_tf.RemBertForSequenceClassification)(small_config)
    student.set_weights([weight for weight, _ in zip(teacher.get_weights(), student.weights, strict=False)])
    student.learn_from(teacher, ALONE)
    student.compile(optimizer="sgd")
    assert abs(step_loss(student, "class")) < 1e-6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": 0.5}, "temperature must be 1 or more, not 0.5"),
        ({"temperature": float("nan")}, "temperature must be a number"),
        ({"alpha": 1.5}, "alpha must be from 0 to 1, not 1.5"),
        ({"alpha": -0.1}, "alpha must be from 0 to 1, not -0.1"),
        ({"alpha": 0}, "nothing would be learnt from the teacher"),
        ({"alpha": True}, "alpha must be a number, not True"),
        ({"hidden_loss": "first"}, "hidden_loss must be none, last, layers, not 'first'"),
        ({"hidden_weight": 0}, "hidden_weight must be above 0"),
    ],
)
def test_impossible_settings_are_named(change, message):
    with pytest.raises(InputError, match=message):
        DistillationSettings(**change)
