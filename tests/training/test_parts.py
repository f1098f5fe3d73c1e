"""Frozen parts, layer-wise rates, micro-batches and smoothed labels, each against the numbers it must give."""

import re

import keras
import numpy as np
import pytest

import rembert_tf
from rembert_tf import RemBertForSequenceClassification
from rembert_tf.errors import InputError
from rembert_tf.layers.lora import encoder_of
from rembert_tf.training.optimizer import make_optimizer
from rembert_tf.training.parts import freeze, learning_rate_factors
from rembert_tf.training.settings import FinetuneSettings

IDS = np.array([[1, 5, 6, 7, 2], [1, 9, 8, 2, 0], [1, 3, 2, 0, 0], [1, 5, 5, 5, 2], [1, 4, 3, 2, 0]], "int32")
INPUTS = {"input_ids": IDS, "attention_mask": (IDS > 0).astype("int32")}
SOME = np.where(IDS > 2, IDS % 3, -100).astype("int32")
LABELS = {
    "RemBertForSequenceClassification": np.array([0, 1, 2, 1, 0], "int32"),
    "RemBertForTokenClassification": SOME,
    "RemBertForQuestionAnswering": {"start_positions": np.array([1, 2, 1, 0, 1]), "end_positions": np.array([2, 2, 1, 3, 2])},  # noqa: E501
    "RemBertForMaskedLM": np.where(SOME >= 0, IDS, -100).astype("int32"),
    "RemBertForCausalLM": np.where(INPUTS["attention_mask"] == 1, IDS, -100).astype("int32"),
}  # fmt: skip


def built(architecture, config):
    keras.utils.set_random_seed(3)
    if architecture == "RemBertForCausalLM":
        config = config.replace(is_decoder=True)
    return getattr(rembert_tf, architecture)(config)


@pytest.mark.parametrize(
    ("architecture", "parts"), [*((name, 3) for name in LABELS), ("RemBertForTokenClassification", 5)]
)
def test_a_step_in_parts_equals_the_whole_step(architecture, parts, small_config):
    config = small_config.replace(num_labels=2 if "Question" in architecture else 3)
    found = []
    for micro_batches in (1, parts):
        model = built(architecture, config)
        model.micro_batches = micro_batches
        model.compile(optimizer=keras.optimizers.SGD(0.5))
        losses = [model.train_on_batch(INPUTS, LABELS[architecture], return_dict=True)["loss"] for _ in range(3)]
        found.append((losses, [variable.numpy() for variable in model.trainable_variables]))
    (whole, one), (in_parts, other) = found
    np.testing.assert_allclose(in_parts, whole, rtol=1e-5)
    for first, second in zip(one, other, strict=True):
        np.testing.assert_allclose(second, first, atol=2e-6)


def test_parts_need_fit_as_well_and_count_labels_not_rows(small_config):
    model = built("RemBertForTokenClassification", small_config)
    model.micro_batches = 5
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    loss = model.fit(INPUTS, SOME, batch_size=5, verbose=0).history["loss"][0]
    assert loss == pytest.approx(model.evaluate(INPUTS, SOME, batch_size=5, verbose=0), abs=1e-6)


def test_smoothed_labels_give_the_loss_of_their_definition(small_config):
    model = built("RemBertForSequenceClassification", small_config)
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    labels = LABELS["RemBertForSequenceClassification"]
    logits = model.predict(INPUTS, verbose=0).astype("float64")
    scores = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    target = np.full((5, 3), 0.3 / 3) + 0.7 * np.eye(3)[labels]
    model.label_smoothing = 0.3
    loss = model.train_on_batch(INPUTS, labels)
    assert float(np.asarray(loss)) == pytest.approx(float(-(target * scores).sum(axis=1).mean()), abs=1e-5)
    # Evaluation tells the truth about the labels as they are.
    plain = -scores[np.arange(5), labels].mean()
    assert model.evaluate(INPUTS, labels, verbose=0) == pytest.approx(plain, abs=1e-5)


def changed(model):
    """Returns the paths of the weights that one step changes."""
    before = {variable.path: variable.numpy() for variable in model.weights}
    model.compile(optimizer=make_optimizer(1e-2, 10, warmup_ratio=0.0))
    model.train_on_batch(INPUTS, LABELS["RemBertForSequenceClassification"])
    return {variable.path for variable in model.weights if not np.array_equal(before[variable.path], variable.numpy())}


@pytest.mark.parametrize(
    ("part", "still"),
    [
        ("embeddings", "rembert/embeddings/"),
        ("layers:1", "rembert/(embeddings|encoder/block_0)/"),
        ("encoder", "rembert/"),
    ],
)
def test_frozen_parts_do_not_move(part, still, small_config):
    model = built("RemBertForSequenceClassification", small_config)
    freeze(model, [part])
    expected = {variable.path for variable in model.weights if not re.match(still, variable.path)}
    if part == "layers:1":
        expected = {path for path in expected if "embedding_projection" not in path}
    assert 0 < len(expected) < len(model.weights)
    # A key's bias cancels in the softmax: its gradient is rounding alone, or nothing.
    assert {path for path in expected ^ changed(model) if not path.endswith("key/bias")} == set()


def test_more_blocks_than_there_are_cannot_be_frozen(small_config):
    with pytest.raises(InputError, match="freeze says layers:3, but the model has 2 blocks"):
        freeze(built("RemBertForSequenceClassification", small_config), ["layers:3"])


def test_rates_fall_from_the_head_down(small_config):
    model = built("RemBertForSequenceClassification", small_config)
    factors = learning_rate_factors(model, 0.5)
    encoder = encoder_of(model)
    for variable, factor in (
        (encoder.encoder.blocks[1].attention.query.kernel, 0.5),
        (encoder.encoder.blocks[0].attention.query.kernel, 0.25),
        (encoder.encoder.embedding_projection.kernel, 0.125),
        (encoder.embeddings.word_embeddings.embeddings, 0.125),
    ):
        assert factors[id(variable)] == factor
    assert id(model.classifier.kernel) not in factors and id(encoder.pooler.kernel) not in factors


def test_a_variable_moves_by_its_own_rate(small_config):
    moves = []
    for decay in (1.0, 0.5):
        model = built("RemBertForSequenceClassification", small_config)
        kernels = [model.classifier.kernel, *(b.attention.query.kernel for b in encoder_of(model).encoder.blocks)]
        before = [kernel.numpy() for kernel in kernels]
        factors = learning_rate_factors(model, decay) if decay < 1 else None
        model.compile(optimizer=make_optimizer(1e-3, 10, 0.0, weight_decay=0.0, factors=factors))
        model.train_on_batch(INPUTS, LABELS["RemBertForSequenceClassification"])
        moves.append([kernel.numpy() - old for kernel, old in zip(kernels, before, strict=True)])
    for whole, scaled, factor in zip(*moves, (1.0, 0.25, 0.5), strict=True):
        np.testing.assert_allclose(scaled, factor * whole, atol=1e-7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"freeze": ["head"]}, "freeze must name embeddings, encoder or layers:K, not 'head'"),
        ({"layer_decay": 0.0}, "layer_decay must be above 0 and at most 1, not 0.0"),
        ({"label_smoothing": 1.0}, "label_smoothing must be at least 0 and below 1, not 1.0"),
        ({"accumulate_steps": 9, "batch_size": 8}, "accumulate_steps is 9, more than the batch_size 8"),
        ({"mixed_precision": "float8"}, "mixed_precision must be one of float32"),
        ({"patience": 0}, "patience must be at least 1, not 0"),
        ({"warmup_ratio": 1.5}, "warmup_ratio must be from 0 to 1, not 1.5"),
        ({"clip_norm": 0.0}, "clip_norm must be a positive number"),
    ],
)
def test_impossible_settings_are_named(change, message):
    with pytest.raises(InputError, match=message):
        FinetuneSettings(**change)


def test_mixed_precision_trains(small_config):
    model = RemBertForSequenceClassification(small_config, dtype="mixed_bfloat16")
    moved = changed(model)
    assert {"classifier/kernel", "rembert/embeddings/word_embeddings/embeddings"} <= moved
