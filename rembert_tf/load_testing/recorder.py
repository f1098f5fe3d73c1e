"""What happened to the requests of one point."""

import collections

import numpy as np

from rembert_tf.load_testing.failures import NO_CONNECTION, NOT_SENT, kind_of, message_of

PERCENTILES = (50, 90, 95, 99)
# Failed connections in a row, beside those of requests that were under way at the first, after which a server is gone.
GIVE_UP_AFTER = 20


class Recorder:
    """Counts requests and keeps the latency of each answer.

    Attributes:
        latencies: seconds of each answered request, from when it was due to its answer.
        late: seconds by which each request was sent after it was due.
        errors: Counter of the kinds of failures.
        messages: {kind: words of its first failure}.
    """

    def __init__(self):
        self.latencies, self.late = [], []
        self.errors = collections.Counter()
        self.messages = {}
        self._broken_in_a_row = 0
        self._give_up_after = None

    def sent(self, late):
        self.late.append(late)

    def answered(self, latency):
        self.latencies.append(latency)
        self._broken_in_a_row = 0

    def failed(self, error):
        kind = kind_of(error)
        if self._broken_in_a_row == 0:
            under_way = len(self.late) - len(self.latencies) - self.errors.total()
            self._give_up_after = GIVE_UP_AFTER + under_way
        self._broken_in_a_row = self._broken_in_a_row + 1 if kind == NO_CONNECTION else 0
        self.errors[kind] += 1
        self.messages.setdefault(kind, message_of(error))

    def not_sent(self, count):
        if count:
            self.errors[NOT_SENT] += count
            self.messages[NOT_SENT] = "due while too many others were under way, or the client was too slow"

    @property
    def server_is_gone(self):
        """Whether so many connections failed in a row that going on has no use."""
        return self._broken_in_a_row > 0 and self._broken_in_a_row >= self._give_up_after

    @property
    def nobody_answered(self):
        """Whether every single connection failed, however few there were."""
        return not self.latencies and set(self.errors) == {NO_CONNECTION}


def milliseconds(seconds):
    """Returns `p50`, `p90`, `p95`, `p99`, `max` and `mean` in milliseconds; each is None where nothing was measured.

    Args:
        seconds: list of float.
    """
    names = [f"p{percentile}" for percentile in PERCENTILES] + ["max", "mean"]
    if not seconds:
        return dict.fromkeys(names)
    values = 1000 * np.array(seconds)
    found = [*np.percentile(values, PERCENTILES), values.max(), values.mean()]
    return dict(zip(names, map(float, found), strict=True))
