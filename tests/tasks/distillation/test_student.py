"""Where students come from: chosen blocks, tables made narrower, other directories; and what is refused."""

import numpy as np
import pytest

import rembert_tf
from rembert_tf import RemBertForMaskedLM, RemBertForSequenceClassification, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tasks.student import chosen_blocks, from_blocks, from_config, from_student
from rembert_tf.tasks.table_projection import principal_directions, take_tables
from rembert_tf.training.distillation import taught
from tests.golden import fixture
from tests.tasks.distillation.conftest import LABELS

TAUGHT = taught(RemBertForSequenceClassification)
RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize(
    ("layers", "blocks"), [(2, [0, 1]), (("even", 2), [2, 4]), (("even", 5), [0, 1, 2, 3, 4]), ([0, 3], [0, 3])]
)
def test_chosen_blocks(layers, blocks):
    assert chosen_blocks(layers, 5) == blocks


@pytest.mark.parametrize("layers", [0, 6, ("even", 6), ("even", 0), [], [3, 1], [1, 1], [-1, 2], [0, 5]])
def test_impossible_blocks_are_refused(layers):
    with pytest.raises(InputError, match="layers must be"):
        chosen_blocks(layers, 5)


@pytest.mark.parametrize("dtype", [None, "mixed_bfloat16"])
def test_a_student_of_some_blocks_has_their_weights_and_all_others(teacher, dtype):
    whole = RemBertForSequenceClassification.from_pretrained(teacher)
    student = from_blocks(teacher, [0, 2])(whole, TAUGHT, LABELS, dtype)
    for ours, theirs in ((0, 0), (1, 2)):
        pairs = zip(
            student.rembert.encoder.blocks[ours].weights, whole.rembert.encoder.blocks[theirs].weights, strict=True
        )
        for mine, their in pairs:
            np.testing.assert_array_equal(mine, their, err_msg=mine.path)
    outside = [
        model.rembert.embeddings.weights + model.rembert.pooler.weights + model.classifier.weights
        for model in (student, whole)
    ]
    for mine, their in zip(*outside, strict=True):
        np.testing.assert_array_equal(mine, their, err_msg=mine.path)
    assert student.config == whole.config.replace(num_hidden_layers=2)


def test_a_narrow_table_is_the_best_approximation_of_its_width():
    """By NumPy's own decomposition of the whole table."""
    table = (RANDOM.normal(size=(60, 7)) * np.arange(1, 8)).astype("float32")
    directions = principal_directions(table, 3)
    left, values, right = np.linalg.svd(table, full_matrices=False)
    best = (left[:, :3] * values[:3]) @ right[:3]
    np.testing.assert_allclose(table @ directions @ directions.T, best, atol=1e-4)
    np.testing.assert_allclose(directions.T @ directions, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("width", [3, 8])
def test_tables_are_turned_alike(small_config, width):
    """So that sums of word, position and type vectors stay what they are, as far as the width allows."""
    large = RemBertForMaskedLM(small_config)
    small = RemBertForMaskedLM(small_config.replace(input_embedding_size=width, output_embedding_size=4))
    take_tables(small, large)
    theirs, ours = (
        model.rembert.embeddings.word_embeddings.embeddings.numpy()[:9, None]
        + model.rembert.embeddings.position_embeddings.embeddings.numpy()[None, :9]
        for model in (large, small)
    )
    directions = principal_directions(large.rembert.embeddings.word_embeddings.embeddings.numpy(), width)
    expected = theirs if width == 8 else theirs @ directions
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    output = large.lm_head.decoder.embeddings.numpy()
    expected = output @ principal_directions(output, 4)
    np.testing.assert_allclose(small.lm_head.decoder.embeddings.numpy(), expected, atol=1e-5)


def test_a_table_that_is_wider_than_the_teachers_stays_new(small_config):
    large = RemBertForMaskedLM(small_config.replace(input_embedding_size=20))
    before = large.rembert.embeddings.word_embeddings.embeddings.numpy()
    take_tables(large, RemBertForMaskedLM(small_config))
    np.testing.assert_array_equal(large.rembert.embeddings.word_embeddings.embeddings.numpy(), before)


def test_a_new_student_reads_the_teachers_ids(teacher, small_config):
    config = small_config.replace(hidden_size=6, num_attention_heads=2, vocab_size=10, max_position_embeddings=32)
    whole = RemBertForSequenceClassification.from_pretrained(teacher)
    student = from_config(config)(whole, TAUGHT, LABELS, None)
    for name in ("vocab_size", "pad_token_id", "bos_token_id", "eos_token_id", "id2label"):
        assert getattr(student.config, name) == getattr(whole.config, name)
    assert (student.config.hidden_size, student.config.max_position_embeddings) == (6, 32)


def test_a_directory_keeps_its_head_where_it_is_of_the_same_kind(teacher, make_teacher):
    other = make_teacher(num_hidden_layers=1)
    whole = RemBertForSequenceClassification.from_pretrained(other)
    student = from_student(other, teacher)(None, TAUGHT, LABELS, None)
    for mine, their in zip(student.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(mine, their)


def test_a_student_with_another_vocabulary_is_refused(teacher, make_teacher):
    model = fixture("tokenizer/models/oss_1k/sentencepiece.model")
    other = make_teacher(tokenizer=RemBertTokenizerFast.from_pretrained(str(model)))
    with pytest.raises(InputError, match="have different vocabularies: both must read the same ids"):
        from_student(other, teacher)


def test_a_taught_class_is_called_as_what_it_is():
    assert TAUGHT.__name__ == "RemBertForSequenceClassification"
    assert issubclass(TAUGHT, rembert_tf.RemBertForSequenceClassification)
