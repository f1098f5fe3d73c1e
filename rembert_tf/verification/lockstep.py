"""Several runs through one set of weights, so that each block is read once for all of them."""


def in_lockstep(runs, total, report=None):
    """Yields tuples: what every run gives first, then what every run gives next.

    Args:
        runs: generators of equal length.
        total: that length.
        report: called as `report(done, total)` after each step, or None.
    """
    for done, results in enumerate(zip(*runs, strict=True)):
        if report is not None:
            report(done, total)
        yield results
