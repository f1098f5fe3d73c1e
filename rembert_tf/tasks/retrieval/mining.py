"""Mining translations: from scored neighbours to pairs, and from pairs to F1."""

import numpy as np

RETRIEVAL = ("forward", "backward", "intersection", "max")


def mined_pairs(candidates, retrieval="max"):
    """Chooses pairs of sentences among Candidates.

    Args:
        candidates: `margin.Candidates`.
        retrieval: "forward" pairs every source with its best target; "backward" every target with its best
            source; "intersection" keeps what both ways chose; "max" takes both ways' pairs from the best
            score down, each sentence once. XTREME mines with "max".

    Returns:
        List of (source row, target row, score), by falling score; of equal scores forward pairs come first,
        then lower rows.
    """
    forward = _pairs(np.arange(len(candidates.forward)), *candidates.best_targets)
    targets = np.arange(len(candidates.backward))
    sources, scores = candidates.best_sources
    backward = _pairs(sources, targets, scores)
    if retrieval == "intersection":
        mutual = {pair[:2] for pair in backward}
        chosen = [pair for pair in forward if pair[:2] in mutual]
    else:
        chosen = {"forward": forward, "backward": backward, "max": forward + backward}[retrieval]
    chosen.sort(key=lambda pair: -pair[2])  # stable
    return _each_once(chosen) if retrieval == "max" else chosen


def best_threshold(scores, correct, gold_count):
    """Finds the threshold with the best F1 of the pairs that reach it.

    XTREME's `bucc_optimize`, but cut only between different scores: equal ones cannot be told apart by any
    threshold. It lies halfway to the next score, and is the last score where there is no next.

    Args:
        scores: (pairs,), in any order.
        correct: (pairs,) whether each pair is a gold one.
        gold_count: gold pairs in all.

    Returns:
        The threshold, or 0 where no pair is correct; of equally good ones the highest.
    """
    order = np.argsort(-np.asarray(scores, "float64"), kind="stable")
    scores = np.asarray(scores, "float64")[order]
    hits = np.cumsum(np.asarray(correct, bool)[order])
    if not len(hits) or not hits[-1]:
        return 0.0
    # F1 = 2 hits / (extracted + gold); only where the next score is a lower one.
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + gold_count)
    f1[:-1][scores[:-1] == scores[1:]] = -1
    best = int(f1.argmax())
    return float(scores[best] if best + 1 == len(scores) else (scores[best] + scores[best + 1]) / 2)


def pair_metrics(gold, predicted):
    """Returns `f1`, `precision` and `recall` of a set of pairs, from 0 to 1; XTREME's `bucc_f1`.

    Args:
        gold: set of pairs.
        predicted: set of pairs.
    """
    correct = len(gold & predicted)
    if not correct:
        return {"f1": 0.0, "precision": 0.0, "recall": 0.0}
    precision, recall = correct / len(predicted), correct / len(gold)
    return {"f1": 2 * precision * recall / (precision + recall), "precision": precision, "recall": recall}


def _pairs(sources, targets, scores):
    return list(zip(sources.tolist(), targets.tolist(), scores.tolist(), strict=True))


def _each_once(pairs):
    seen_sources, seen_targets, chosen = set(), set(), []
    for source, target, score in pairs:
        if source not in seen_sources and target not in seen_targets:
            seen_sources.add(source)
            seen_targets.add(target)
            chosen.append((source, target, score))
    return chosen
