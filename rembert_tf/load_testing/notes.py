"""What a reader of a load test must know before quoting it."""

ENOUGH = 100  # answers of which one is the slowest per cent
BUSY_CLIENT = 0.85  # of the one processor that a Python program can use
LATE_SHARE = 0.2  # of the median latency
OTHERS = 0.25  # of the processors


def notes_on(outcome):
    """Returns a list of sentences.

    Args:
        outcome: an `Outcome`.
    """
    points, cores = [point for point in outcome.points if point.answered], outcome.machine["cores"]
    few = [point for point in points if point.answered < ENOUGH]
    busy = [point for point in points if point.client_cores > BUSY_CLIENT]
    late = [point for point in points if _is_late(point)]
    idle = [point for point in points if point.resources.server_cpu == 0]
    others = [point.resources.others_cpu / point.seconds for point in points if point.resources.others_cpu is not None]
    notes = []
    if few:
        notes.append(f"fewer than {ENOUGH} answers, so that the p99 is about the slowest one: {_names(few)}")
    if busy:
        notes.append(f"the client used up a processor, so that the server may take more: {_names(busy)}")
    if late:
        notes.append(f"the client sent requests late by a good part of the median latency: {_names(late)}")
    if idle:
        notes.append(f"process {outcome.settings.pid} used no processor time: is it the server's?")
    if any(share > OTHERS * cores for share in others):
        notes.append(f"other programs kept up to {max(others):.1f} of {cores} cores busy: do not quote the latencies")
    return notes


def _is_late(point):
    """Whether requests were sent so late that their latency says more of the client than of the server."""
    median, late = point.latency["p50"], point.lateness["p50"]
    return late is not None and late > max(LATE_SHARE * median, 1.0)


def _names(points):
    return "; ".join(map(str, points))
