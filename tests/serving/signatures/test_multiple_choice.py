"""Served choices: the same probabilities as in Python; an empty string is no choice."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForMultipleChoice
from rembert_tf.serving.options import NoOptions
from rembert_tf.serving.signatures.multiple_choice import MultipleChoiceSignatures

PROMPTS = ["The museum opens at", "美术馆", b"\xff broken", ""]
CHOICES = [["nine", "noon", "a wall"], ["九点", "开门", "墙"], ["a", "b" * 200, "c"], ["x", "y", "z"]]
LENGTH = 16


@pytest.fixture(scope="module")
def model(text_config):
    return RemBertForMultipleChoice(text_config)


@pytest.fixture(scope="module")
def choose(model, small_tokenizer):
    module = MultipleChoiceSignatures(model, small_tokenizer, LENGTH, NoOptions())
    return module.signatures()["serving_default"]


def ask(choose, prompts, choices):
    return choose(prompt=tf.constant(prompts), choices=tf.constant(choices))


def in_python(model, tokenizer, prompts, choices):
    """Each prompt by itself, which no padding of other rows can touch."""
    logits = []
    for prompt, row in zip(prompts, choices, strict=True):
        encoded = tokenizer(
            [prompt] * len(row), row, padding=True, truncation=True, max_length=LENGTH, split_special_tokens=True
        )
        logits.append(np.asarray(model({name: value[np.newaxis] for name, value in encoded.items()}))[0])
    exponentials = [np.exp(row - row.max()) for row in logits]
    return [row / row.sum() for row in exponentials]


def test_probabilities_equal_the_python_models(choose, model, small_tokenizer):
    answer = ask(choose, PROMPTS, CHOICES)
    expected = in_python(model, small_tokenizer, PROMPTS, CHOICES)
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)
    np.testing.assert_array_equal(answer["choice"], np.argmax(expected, axis=1))
    assert answer["choice"].dtype == tf.int32


def test_an_empty_string_is_no_choice(choose, model, small_tokenizer):
    ragged = [["nine", "noon"], ["九点"], ["a", "b", "c"]]
    padded = [row + [""] * (3 - len(row)) for row in ragged]
    answer = ask(choose, PROMPTS[:3], padded)
    in_full = in_python(model, small_tokenizer, PROMPTS[:3], ragged)
    for row, expected in zip(answer["probabilities"].numpy(), in_full, strict=True):
        np.testing.assert_allclose(row[: len(expected)], expected, atol=1e-6)
        assert (row[len(expected) :] == 0).all()
    between = ask(choose, PROMPTS[:1], [["nine", "", "noon"]])["probabilities"].numpy()[0]
    np.testing.assert_allclose(between[[0, 2]], answer["probabilities"].numpy()[0, :2], atol=1e-6)
    assert between[1] == 0


def test_nothing_to_choose_from(choose):
    answer = ask(choose, ["prompt"], [["", ""]])
    assert answer["probabilities"].numpy().tolist() == [[0.0, 0.0]]
    answer = choose(prompt=tf.constant(["a", "b"]), choices=tf.zeros([2, 0], tf.string))
    assert answer["probabilities"].shape == (2, 0) and answer["choice"].shape == (2,)


def test_an_empty_batch_is_answered(choose):
    answer = choose(prompt=tf.constant([], tf.string), choices=tf.zeros([0, 3], tf.string))
    assert answer["probabilities"].shape == (0, 3) and answer["choice"].shape == (0,)
