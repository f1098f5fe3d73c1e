"""Margin scores: how much nearer two sentences are than their neighbours are (Artetxe and Schwenk, 2019)."""

import dataclasses

import numpy as np

from rembert_tf.tasks.retrieval.similarity import nearest

NEIGHBOURS = 4  # XTREME's k
MARGINS = {
    "ratio": lambda cosine, average: cosine / average,
    "distance": lambda cosine, average: cosine - average,
    "absolute": lambda cosine, average: cosine,
}


@dataclasses.dataclass(frozen=True)
class Candidates:
    """The nearest neighbours of every sentence, from both sides, with their margin scores.

    Args:
        forward: (sources, k) rows of targets.
        forward_scores: (sources, k).
        backward: (targets, k) rows of sources.
        backward_scores: (targets, k).
    """

    forward: np.ndarray
    forward_scores: np.ndarray
    backward: np.ndarray
    backward_scores: np.ndarray

    @property
    def best_targets(self):
        """The row of the best target of each source, and its score."""
        return _best(self.forward, self.forward_scores)

    @property
    def best_sources(self):
        """The row of the best source of each target, and its score."""
        return _best(self.backward, self.backward_scores)


def margin_candidates(sources, targets, margin="ratio", neighbours=NEIGHBOURS, report=None):
    """Scores every sentence with its nearest neighbours on the other side.

    A score sets the cosine against the average of what the two sentences have with their k nearest ones.

    Args:
        sources: (S, width) unit rows.
        targets: (T, width) unit rows.
        margin: "ratio", "distance", or "absolute", which is the cosine.
        neighbours: k; fewer where a side has fewer.
        report: called as `report(done, total)`, or None.

    Returns:
        Candidates.
    """
    total = len(sources) + len(targets)
    forward_report = report and (lambda done, _: report(done, total))
    backward_report = report and (lambda done, _: report(len(sources) + done, total))
    forward_cosines, forward = nearest(sources, targets, neighbours, forward_report)
    backward_cosines, backward = nearest(targets, sources, neighbours, backward_report)
    source_average = forward_cosines.mean(axis=1, dtype="float64")
    target_average = backward_cosines.mean(axis=1, dtype="float64")
    score = MARGINS[margin]
    return Candidates(
        forward,
        score(forward_cosines, (source_average[:, None] + target_average[forward]) / 2),
        backward,
        score(backward_cosines, (target_average[:, None] + source_average[backward]) / 2),
    )


def _best(rows, scores):
    columns = scores.argmax(axis=1)[:, None]
    return np.take_along_axis(rows, columns, 1)[:, 0], np.take_along_axis(scores, columns, 1)[:, 0]
