"""Batches: shapes, contents, and that each follows from the seed and its number alone."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.pretraining.batches import PretrainingBatches
from rembert_tf.pretraining.corpus_data import open_corpus
from rembert_tf.pretraining.masking import RowMasking
from rembert_tf.pretraining.row_index import ids_of
from tests.pretraining.small_corpus import MAX_LENGTH

BATCH, STEPS = 7, 6


@pytest.fixture(scope="module")
def batches(corpus, small_tokenizer):
    masking = RowMasking(small_tokenizer, 0.3, MAX_LENGTH)
    train = open_corpus(corpus).train
    return PretrainingBatches(train, 0.5, masking, BATCH, MAX_LENGTH, small_tokenizer.pad_token_id, STEPS)


@pytest.fixture(scope="module")
def all_of(batches):
    return list(batches.training_dataset(2, seed=3).as_numpy_iterator())


def flat(batch):
    return [np.asarray(part) for part in tf.nest.flatten(batch)]


def test_rows_are_the_corpus_with_masks(all_of, batches, corpus):
    known = {
        tuple(ids_of(np.array([index.read(row)], object)).to_list()[0])
        for index in open_corpus(corpus).train.values()
        for row in range(len(index))
    }
    assert len(all_of) == 2 * STEPS
    for inputs, labels in all_of:
        assert inputs["input_ids"].shape == (BATCH, MAX_LENGTH) and labels.shape == (BATCH, batches.masking.most)
        assert not inputs["token_type_ids"].any()
        for ids, mask, positions, row in zip(
            *(inputs[name] for name in ("input_ids", "attention_mask", "masked_positions")), labels, strict=True
        ):
            used = row >= 0
            assert used.sum() >= 1 and not positions[~used].any()
            restored = ids.copy()
            restored[positions[used]] = row[used]
            assert tuple(restored[mask == 1]) in known
            assert not ids[mask == 0].any() and (np.diff(mask) <= 0).all()


@pytest.mark.parametrize("skipped", [1, 5, 11])
def test_any_step_is_reached_without_those_before_it(all_of, batches, skipped):
    later = list(batches.training_dataset(2, seed=3, skip_steps=skipped).as_numpy_iterator())
    assert len(later) == 2 * STEPS - skipped
    for ours, theirs in zip(later, all_of[skipped:], strict=True):
        for part, other in zip(flat(ours), flat(theirs), strict=True):
            np.testing.assert_array_equal(part, other)


def test_the_slices_of_workers_make_the_batch(all_of, batches):
    workers = [batches.training_dataset(2, 3, 2, worker, 3).take(3).as_numpy_iterator() for worker in range(3)]
    for number, slices in enumerate(zip(*workers, strict=True), start=2):
        assert [len(labels) for _, labels in slices] == [2, 2, 3]
        parts = [np.concatenate(columns) for columns in zip(*map(flat, slices), strict=True)]
        for part, other in zip(parts, flat(all_of[number]), strict=True):
            np.testing.assert_array_equal(part, other)


def test_another_seed_gives_other_batches(all_of, batches):
    other = next(batches.training_dataset(1, seed=4).as_numpy_iterator())
    assert (other[0]["input_ids"] != all_of[0][0]["input_ids"]).any()


def test_a_row_that_comes_again_is_masked_anew(batches, corpus):
    train = {"sw": open_corpus(corpus).train["sw"]}  # ten rows
    few = PretrainingBatches(train, 0.5, batches.masking, BATCH, MAX_LENGTH, batches.pad_token_id, STEPS)
    seen = {}
    for inputs, labels in few.training_dataset(1, seed=3).as_numpy_iterator():
        for ids, positions, row in zip(inputs["input_ids"], inputs["masked_positions"], labels, strict=True):
            original = ids.copy()
            original[positions[row >= 0]] = row[row >= 0]
            seen.setdefault(tuple(original), []).append(tuple(positions))
    assert len(seen) == 10 and sum(map(len, seen.values())) == BATCH * STEPS
    assert all(len(set(places)) > 1 for places in seen.values())


def test_shares_name_the_languages(batches):
    assert list(batches.shares) == ["de", "en", "sw"]
    assert batches.shares["de"] / batches.shares["sw"] == pytest.approx(3)  # the root of 90 / 10
