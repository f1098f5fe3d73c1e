"""Spans: the best of all, and each piece counted in one window alone, against the definitions spelled out."""

import numpy as np
import pytest

from rembert_tf.tasks.question_answering.spans import best_spans, most_context_masks


def every_span(start, end, may_start, may_end, longest):
    """All spans with their scores, best first; of equal ones the earlier, then the shorter."""
    spans = [
        (-(float(start[first]) + float(end[last])), first, last)
        for first in range(len(start))
        for last in range(first, min(first + longest, len(end)))
        if may_start[first] and may_end[last]
    ]
    return sorted(spans)


@pytest.mark.parametrize("seed", range(30))
def test_the_best_spans_are_those_of_a_full_list(seed):
    random = np.random.default_rng(seed)
    count, longest, n_best = random.integers([1, 1, 1], [40, 35, 25])
    # Few values, so that many spans have the same score.
    start, end = random.integers(0, 4, (2, count)).astype("float32")
    may_start, may_end = random.random((2, count)) < 0.7
    scores, first, last = best_spans(start, end, may_start, may_end, longest, n_best)
    expected = every_span(start, end, may_start, may_end, longest)[:n_best]
    assert list(zip((-scores).tolist(), first.tolist(), last.tolist(), strict=True)) == expected


def test_a_good_start_and_a_good_end_need_not_make_the_best_span():
    start, end = np.array([5.0, 0.0, 4.0]), np.array([0.0, 0.0, 5.0])
    scores, first, last = best_spans(start, end, np.ones(3, bool), np.ones(3, bool), 2, 1)
    assert (scores[0], first[0], last[0]) == (9.0, 2, 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_are_never_chosen(bad):
    start = np.array([bad, 1.0], "float32")
    scores, first, _ = best_spans(start, np.zeros(2), np.ones(2, bool), np.ones(2, bool), 1, 5)
    assert np.isfinite(scores).all() and 0 not in first


def test_no_piece_no_span():
    assert best_spans(np.zeros(0), np.zeros(0), np.zeros(0, bool), np.zeros(0, bool), 30, 20)[0].size == 0


def has_most_context(spans, window, position):
    """The rule of BERT's run_squad.py: shorter side plus a hundredth of the window's length, first of equals."""
    best_score, best_window = None, None
    for index, (start, length) in enumerate(spans):
        end = start + length - 1
        if position < start or position > end:
            continue
        score = min(position - start, end - position) + 0.01 * length
        if best_score is None or score > best_score:
            best_score, best_window = score, index
    return window == best_window


@pytest.mark.parametrize(
    ("counts", "stride"),
    [([300], 128), ([300, 300, 150], 128), ([20, 20, 20, 11], 10), ([20, 20, 13], 7), ([9, 9, 9, 1], 0), ([0], 5)],
)
def test_each_piece_counts_in_the_window_where_it_has_most_context(counts, stride):
    step = counts[0] - stride
    spans = [(index * step, count) for index, count in enumerate(counts)]
    masks = most_context_masks(counts, stride)
    for window, (start, count) in enumerate(spans):
        expected = [has_most_context(spans, window, position) for position in range(start, start + count)]
        assert masks[window].tolist() == expected
    assert sum(mask.sum() for mask in masks) == spans[-1][0] + spans[-1][1]
