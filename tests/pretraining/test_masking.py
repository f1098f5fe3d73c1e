"""Masks: their shares, what is never chosen, and that they follow from the seed alone."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.pretraining.masking import RowMasking
from rembert_tf.tasks.language_modeling.masking import ordinary_ids

LENGTH, ROWS = 128, 150


@pytest.fixture(scope="module")
def drawn(small_tokenizer):
    """Many rows, and what became of them: ids, and per row (hidden, positions, originals)."""
    masking = RowMasking(small_tokenizer, 0.15, LENGTH)
    ordinary = np.array(ordinary_ids(small_tokenizer))
    ids = np.random.default_rng(0).choice(ordinary, (ROWS, LENGTH)).astype("int32")
    ids[:, 0], ids[:, 60], ids[:, -1] = small_tokenizer.cls_token_id, small_tokenizer.sep_token_id, 2
    apply = tf.function(masking, reduce_retracing=True)
    seeds = [tf.constant([5, number], tf.int64) for number in range(ROWS)]
    return ids, [[part.numpy() for part in apply(row, seed)] for row, seed in zip(tf.constant(ids), seeds, strict=True)]


def test_shares_are_berts(drawn, small_tokenizer):
    ids, rows = drawn
    for row, (hidden, positions, originals) in zip(ids, rows, strict=True):
        assert len(set(positions)) == len(positions) == 19  # 15 % of 125, rounded up
        np.testing.assert_array_equal(originals, row[positions])
        others = np.setdiff1d(np.arange(LENGTH), positions)
        np.testing.assert_array_equal(hidden[others], row[others])
    became = np.concatenate([hidden[positions] for hidden, positions, _ in rows])
    stood = np.concatenate([originals for _, _, originals in rows])
    masked, same = became == small_tokenizer.mask_token_id, became == stood
    count = len(stood)
    for found, share in ((masked, 0.8), (same, 0.1), (~masked & ~same, 0.1)):
        assert abs(found.sum() - share * count) < 4.5 * np.sqrt(count * share * (1 - share))
    assert set(became[~masked]) <= set(ordinary_ids(small_tokenizer))


def test_places_are_equally_likely_and_special_tokens_are_never_chosen(drawn):
    _, rows = drawn
    counts = np.bincount(np.concatenate([positions for _, positions, _ in rows]), minlength=LENGTH)
    assert not counts[[0, 60, LENGTH - 1]].any()
    expected = ROWS * 19 / 125
    likely = np.delete(counts, [0, 60, LENGTH - 1])
    assert ((likely - expected) ** 2 / (expected * (1 - 19 / 125))).sum() < 124 + 4.5 * np.sqrt(2 * 124)


def test_rows_of_one_batch_have_masks_of_their_own(drawn):
    _, rows = drawn
    assert len({tuple(positions) for _, positions, _ in rows}) == ROWS


def test_the_seed_alone_decides(drawn, small_tokenizer):
    ids, rows = drawn
    masking = RowMasking(small_tokenizer, 0.15, LENGTH)
    for part, again in zip(rows[7], masking(tf.constant(ids[7]), [5, 7]), strict=True):
        np.testing.assert_array_equal(part, again)
    assert (masking(tf.constant(ids[7]), [6, 7])[1].numpy() != rows[7][1]).any()


@pytest.mark.parametrize("ids", [[312, 313], [312], [2, 2, 2], [312, 400, 313]])
def test_short_rows(small_tokenizer, ids):
    hidden, positions, originals = RowMasking(small_tokenizer, 0.15, LENGTH)(tf.constant(ids), [0, 0])
    assert len(hidden) == len(ids) and len(positions) == len(originals) == (400 in ids)


def test_the_longest_row_fills_all_slots_and_no_more(small_tokenizer):
    for length in (3, 16, 20, 100, 512):
        for rate in (0.15, 0.3, 0.99):
            masking = RowMasking(small_tokenizer, rate, length)
            positions = masking(tf.fill([length], 400), [1, 1])[1]
            assert len(positions) == masking.most


@pytest.mark.parametrize("rate", [0.0, 1.0, -1.0, float("nan")])
def test_impossible_rates(small_tokenizer, rate):
    with pytest.raises(InputError, match="mask_rate must be above 0 and below 1"):
        RowMasking(small_tokenizer, rate, LENGTH)
