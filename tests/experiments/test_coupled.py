"""The coupled model: one table, both gradients, and a directory that every class reads."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForMaskedLM
from rembert_tf.errors import InputError
from rembert_tf.experiments.coupled import CoupledMaskedLM
from rembert_tf.pretraining.sizes import parameter_counts

INPUTS = {"input_ids": np.array([[3, 7, 7, 9, 4], [3, 11, 4, 0, 0]]), "masked_positions": np.array([[1, 3], [1, 0]])}
LABELS = np.array([[7, 20], [31, -100]])


@pytest.fixture(scope="module")
def config(small_config):
    return small_config.replace(output_embedding_size=small_config.input_embedding_size)


@pytest.fixture(scope="module")
def coupled(config):
    return CoupledMaskedLM(config)


@pytest.fixture(scope="module")
def decoupled(coupled, tmp_path_factory):
    """The same model with two equal tables, read from the coupled one's directory."""
    folder = tmp_path_factory.mktemp("coupled") / "model"
    coupled.save_pretrained(folder)
    return RemBertForMaskedLM.from_pretrained(folder)


def gradients(model, *variables):
    with tf.GradientTape() as tape:
        loss = model.task_loss(tf.constant(LABELS), model(INPUTS))
    return [tf.convert_to_tensor(each).numpy() for each in tape.gradient(loss, [each.value for each in variables])]


def test_its_directory_is_that_of_two_equal_tables(coupled, decoupled):
    assert decoupled.config.extra["architectures"] == ["RemBertForMaskedLM"]
    tables = decoupled.lm_head.decoder.embeddings, decoupled.rembert.embeddings.word_embeddings.embeddings
    np.testing.assert_array_equal(*(each.numpy() for each in tables))
    np.testing.assert_allclose(coupled(INPUTS), decoupled(INPUTS), rtol=1e-6)


def test_one_table_is_counted_once(coupled, decoupled, config):
    table = config.vocab_size * config.input_embedding_size
    assert coupled.count_params() == decoupled.count_params() - table
    assert len(coupled.trainable_variables) == len(decoupled.trainable_variables) - 1
    assert decoupled.count_params() == parameter_counts(config)[0]


def test_the_gradient_is_the_sum_of_both_uses(coupled, decoupled):
    shared = gradients(coupled, coupled.rembert.embeddings.word_embeddings.embeddings)[0]
    both = gradients(
        decoupled, decoupled.rembert.embeddings.word_embeddings.embeddings, decoupled.lm_head.decoder.embeddings
    )
    assert all(np.abs(each).max() > 1e-3 for each in both)
    np.testing.assert_allclose(shared, sum(both), rtol=1e-4, atol=1e-6)


def test_a_training_step_without_all_logits_moves_the_table_by_the_same_sum(config, decoupled):
    model = CoupledMaskedLM(config)
    for ours, theirs in zip(model.rembert.weights, decoupled.rembert.weights, strict=True):
        ours.assign(theirs)
    for name in ("dense", "layer_norm"):
        getattr(model.lm_head, name).set_weights(getattr(decoupled.lm_head, name).get_weights())
    before = model.lm_head.decoder.embeddings.numpy()
    expected = gradients(model, model.lm_head.decoder.embeddings)[0]
    model.compile(optimizer=tf.keras.optimizers.SGD(0.5))
    model.fit(INPUTS, LABELS, batch_size=2, verbose=0)
    np.testing.assert_allclose(before - model.lm_head.decoder.embeddings.numpy(), 0.5 * expected, rtol=1e-4, atol=1e-6)
    assert model.lm_head.decoder.embeddings is model.rembert.embeddings.word_embeddings.embeddings


def test_two_widths_are_refused(small_config):
    with pytest.raises(InputError, match=r"input_embedding_size \(8\) and output_embedding_size \(10\) must be equal"):
        CoupledMaskedLM(small_config)
