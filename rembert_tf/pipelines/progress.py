"""Telling how far the work is, where pipeline and listener are one process: Beam itself tells nothing until the end.

On other runners nobody listens here; they show progress in their own ways.
"""

import contextlib
import time

SECONDS = 0.1  # between two reports: drawing them takes time

_listeners = []


@contextlib.contextmanager
def listening(report):
    """Hands what is told within the block on to `report(done, total, note)`; None listens to nothing."""
    if report is None:
        yield
        return
    counts, last = {}, 0.0

    def heard(phase, amount, total):
        nonlocal last
        counts[phase] = counts.get(phase, 0) + amount
        if counts[phase] >= total or time.monotonic() - last >= SECONDS:
            last = time.monotonic()
            report(min(counts[phase], total), total, phase)

    _listeners.append(heard)
    try:
        yield
    finally:
        _listeners.remove(heard)


def tell(phase, amount, total):
    """Says that a part of the work is done.

    Args:
        phase: of the work, in a word or two.
        amount: how much more is done.
        total: how much there is to do.
    """
    for heard in _listeners:
        heard(phase, amount, total)
