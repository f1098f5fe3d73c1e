"""Pairs, thresholds and F1: by hand, by brute force, and by XTREME's rules written out as loops."""

import numpy as np
import pytest

from rembert_tf.tasks.retrieval.margin import Candidates
from rembert_tf.tasks.retrieval.mining import best_threshold, mined_pairs, pair_metrics

# Three sources, two targets, two neighbours each.
CANDIDATES = Candidates(
    forward=np.array([[0, 1], [0, 1], [1, 0]]),
    forward_scores=np.array([[1.5, 1.0], [1.2, 1.3], [0.9, 0.8]]),
    backward=np.array([[0, 1], [1, 2]]),
    backward_scores=np.array([[1.5, 1.2], [1.3, 0.9]]),
)


@pytest.mark.parametrize(
    "retrieval, expected",
    [
        ("forward", [(0, 0, 1.5), (1, 1, 1.3), (2, 1, 0.9)]),
        ("backward", [(0, 0, 1.5), (1, 1, 1.3)]),
        ("intersection", [(0, 0, 1.5), (1, 1, 1.3)]),
        ("max", [(0, 0, 1.5), (1, 1, 1.3)]),
    ],
)
def test_pairs_worked_by_hand(retrieval, expected):
    assert mined_pairs(CANDIDATES, retrieval) == expected


def test_max_takes_a_backward_pair_that_forward_does_not_have():
    # Source 1 prefers target 0, which is taken by source 0; target 1 has only source 1 to offer.
    forward, backward = np.array([[0], [0]]), np.array([[0], [1]])
    candidates = Candidates(forward, np.array([[2.0], [1.9]]), backward, np.array([[2.0], [1.1]]))
    assert mined_pairs(candidates, "forward") == [(0, 0, 2.0), (1, 0, 1.9)]
    assert mined_pairs(candidates, "max") == [(0, 0, 2.0), (1, 1, 1.1)]
    assert mined_pairs(candidates, "intersection") == [(0, 0, 2.0)]


def test_threshold_worked_by_hand():
    # Extracting 1, 2, 3, 4 pairs with 3 gold ones: F1 2/4, 2/5, 4/6, 4/7.
    assert best_threshold([0.9, 0.7, 0.6, 0.4], [True, False, True, False], 3) == pytest.approx(0.5)
    assert best_threshold([0.4, 0.9, 0.6, 0.7], [False, True, True, False], 3) == pytest.approx(0.5)


def test_threshold_after_the_last_pair_and_without_correct_ones():
    assert best_threshold([0.9, 0.4], [True, True], 2) == 0.4
    assert best_threshold([0.9, 0.4], [False, False], 2) == 0.0
    assert best_threshold([], [], 2) == 0.0


def test_equal_scores_are_not_parted():
    # A cut between the two 0.8 would give F1 1; no threshold can make it.
    threshold = best_threshold([0.8, 0.8, 0.1], [True, False, False], 1)
    assert 0.1 < threshold <= 0.8


def f1_above(scores, correct, gold_count, threshold):
    extracted = [right for score, right in zip(scores, correct, strict=True) if score >= threshold]
    return 2 * sum(extracted) / (len(extracted) + gold_count)


@pytest.mark.parametrize("seed", range(20))
def test_no_threshold_is_better(seed):
    random = np.random.default_rng(seed)
    scores = random.integers(0, 12, 30) / 10  # many ties
    correct = random.random(30) < scores / 1.5
    threshold = best_threshold(scores, correct, 25)
    tried = [*(np.unique(scores) - 0.05), 2]
    assert f1_above(scores, correct, 25, threshold) == max(f1_above(scores, correct, 25, value) for value in tried)


def xtreme_threshold(scores, correct, gold_count):
    """The rule of `bucc_optimize` in XTREME's utils_retrieve.py, whose last step would fail and is left out."""
    items = sorted(zip(scores, correct, strict=True), key=lambda item: -item[0])
    threshold = best_f1 = found = 0
    for number, (score, right) in enumerate(items[:-1], start=1):
        found += right
        if found:
            precision, recall = found / number, found / gold_count
            f1 = 2 * precision * recall / (precision + recall)
            if f1 > best_f1:
                best_f1, threshold = f1, (score + items[number][0]) / 2
    return threshold


@pytest.mark.parametrize("seed", range(20))
def test_equals_xtremes_rule_where_scores_differ(seed):
    random = np.random.default_rng(seed)
    scores = np.append(random.random(40) + 0.01, 0.0)
    correct = np.append(random.random(40) < scores[:40], False)
    assert best_threshold(scores, correct, 30) == xtreme_threshold(scores.tolist(), correct.tolist(), 30)


def test_metrics_of_xtremes_example_submission():
    # mock_test_data/{labels,predictions}/bucc2018/test-de.tsv of google-research/xtreme: five of ten are right.
    ids = ["461", "482", "487", "503", "582", "632", "732", "744", "761", "869"]
    gold = {name: number for number, name in enumerate(ids)}
    said = {**gold, "461": 1, "482": 0, "487": 6, "732": 7, "744": 2}
    metrics = pair_metrics(set(gold.items()), set(said.items()))
    assert metrics == {"f1": 0.5, "precision": 0.5, "recall": 0.5}


def test_metrics_worked_by_hand():
    metrics = pair_metrics({("a", "x"), ("b", "y"), ("c", "z")}, {("a", "x"), ("b", "z")})
    assert metrics == {"precision": 0.5, "recall": pytest.approx(1 / 3), "f1": pytest.approx(0.4)}
    assert pair_metrics({("a", "x")}, set()) == {"f1": 0.0, "precision": 0.0, "recall": 0.0}
