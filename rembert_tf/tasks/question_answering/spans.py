"""Which stretches of pieces may be an answer, and which of them score best."""

import numpy as np


def most_context_masks(counts, doc_stride):
    """Tells in which of a context's windows each piece has the most context around it.

    A piece in several windows begins an answer only in the one where the shorter of its two sides is
    longest, as in BERT's original prediction; of equal ones the first, windows with more pieces ahead.

    Args:
        counts: pieces of each window's context, in order.
        doc_stride: pieces that consecutive windows share.

    Returns:
        A boolean array (count,) for each window.
    """
    counts = np.asarray(counts)
    first = np.arange(len(counts)) * (counts[0] - doc_stride)
    place = np.arange(first[-1] + counts[-1])
    left, right = place - first[:, None], (first + counts - 1)[:, None] - place
    context = np.where((left < 0) | (right < 0), -np.inf, np.minimum(left, right) + 0.01 * counts[:, None])
    best = context.argmax(axis=0)
    return [
        best[start : start + count] == window for window, (start, count) in enumerate(zip(first, counts, strict=True))
    ]


def best_spans(start_logits, end_logits, may_start, may_end, max_answer_length, n_best):
    """Finds the best of all spans, not only those between the best starts and the best ends.

    Args:
        start_logits: (pieces,) scores of a context's pieces.
        end_logits: (pieces,).
        may_start: (pieces,) bool.
        may_end: (pieces,) bool.
        max_answer_length: pieces of a span.
        n_best: spans to return, if there are as many.

    Returns:
        The spans' scores, first pieces and last pieces, best first; of equal ones the earlier, then the
        shorter.
    """
    start = np.where(may_start, start_logits, -np.inf).astype("float64")
    end = np.where(may_end, end_logits, -np.inf).astype("float64")
    beyond = np.full(max_answer_length, -np.inf)
    ends = np.lib.stride_tricks.sliding_window_view(np.concatenate([end, beyond]), max_answer_length)[: len(end)]
    scores = (start[:, None] + ends).ravel()
    possible = np.flatnonzero(np.isfinite(scores))
    if len(possible) > n_best:
        least = np.partition(scores[possible], -n_best)[-n_best]
        possible = possible[scores[possible] >= least]
    chosen = possible[np.argsort(-scores[possible], kind="stable")][:n_best]
    first, more = np.divmod(chosen, max_answer_length)
    return scores[chosen], first, first + more
