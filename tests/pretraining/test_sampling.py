"""Languages and rows: the frequencies that the paper's formula asks for, each row once an epoch, any step at once."""

import numpy as np
import pytest

from rembert_tf.errors import InputError
from rembert_tf.pretraining import sampling
from rembert_tf.pretraining.row_order import shuffled
from rembert_tf.pretraining.sampling import LanguageSampler, language_shares

ROWS = [9000, 400, 25, 1]


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    monkeypatch.setattr(sampling, "BLOCK", 1000)


def test_shares_are_the_papers_formula():
    # 90, 20, 5 and 1 are the roots of the rows.
    np.testing.assert_allclose(language_shares([8100, 400, 25, 1], 0.5), np.array([90, 20, 5, 1]) / 116, rtol=1e-12)
    np.testing.assert_allclose(language_shares([30, 10], 1), [0.75, 0.25], rtol=1e-12)
    np.testing.assert_allclose(language_shares([30, 10], 0), [0.5, 0.5], rtol=1e-12)
    with pytest.raises(InputError, match="sampling_exponent must be from 0 to 1, not 1.5"):
        language_shares([1, 2], 1.5)


def test_frequencies_are_those_shares_within_chance():
    draws, shares = 50_000, language_shares(ROWS, 0.5)
    languages, _ = LanguageSampler(ROWS, 0.5, seed=3)(np.arange(draws))
    counts = np.bincount(languages, minlength=4)
    deviation = np.sqrt(draws * shares * (1 - shares))
    assert (np.abs(counts - draws * shares) < 4.5 * deviation).all()
    # Draws that are independent differ from block to block as those of a binomial do.
    blocks = np.stack([np.bincount(part, minlength=4) for part in languages.reshape(-1, 100)])
    np.testing.assert_allclose(blocks.var(axis=0)[:2], (100 * shares * (1 - shares))[:2], rtol=0.25)


def test_each_row_comes_once_before_any_comes_again():
    languages, rows = LanguageSampler(ROWS, 0.5, seed=3)(np.arange(30_000))
    for language, count in enumerate(ROWS[1:], start=1):
        stream = rows[languages == language]
        epochs = [stream[start : start + count] for start in range(0, len(stream) - count + 1, count)]
        assert len(epochs) > 5
        for epoch in epochs:
            assert sorted(epoch) == list(range(count))
        if count > 1:
            assert len({tuple(epoch) for epoch in epochs}) == len(epochs)  # in another order each time
    large = rows[languages == 0]
    assert len(set(large[:9000])) == min(len(large), 9000)


def test_any_place_is_found_without_those_before_it():
    sampler = LanguageSampler(ROWS, 0.5, seed=3)
    whole = np.stack(sampler(np.arange(12_000)))
    for first, last in ((11_500, 12_000), (0, 7), (2990, 3010), (7777, 7778)):
        np.testing.assert_array_equal(np.stack(sampler(np.arange(first, last))), whole[:, first:last])
    np.testing.assert_array_equal(
        np.stack(LanguageSampler(ROWS, 0.5, seed=3)(np.arange(9000, 9500))), whole[:, 9000:9500]
    )
    assert (np.stack(LanguageSampler(ROWS, 0.5, seed=4)(np.arange(500))) != whole[:, :500]).any()


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 5000])
def test_an_order_has_every_row_once(size):
    order = shuffled(np.arange(size), size, [1, 2])
    assert sorted(order) == list(range(size))
    if size > 3:
        assert (order != shuffled(np.arange(size), size, [1, 3])).any()


def test_orders_are_even():
    """Over many keys each row is equally often at each place, and neighbours part."""
    size, keys = 6, 600
    orders = np.stack([shuffled(np.arange(size), size, [key]) for key in range(keys)])
    for place in range(size):
        counts = np.bincount(orders[:, place], minlength=size)
        assert ((counts - keys / size) ** 2 / (keys / size)).sum() < 25  # chi square, 5 degrees: p = 0.0001
    long = shuffled(np.arange(10_000), 10_000, [7])
    assert abs(np.corrcoef(np.arange(10_000), long)[0, 1]) < 0.04


def test_a_billion_rows_need_no_list_of_them():
    rows = shuffled(np.arange(1000) * 1_000_003 % 10**9, 10**9, [5])
    assert len(set(rows)) == 1000 and rows.min() >= 0 and rows.max() < 10**9
    assert abs(rows.mean() - 5e8) < 5e7
