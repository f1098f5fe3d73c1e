"""What was measured with one level of load and one batch size."""

import dataclasses

from rembert_tf.load_testing.recorder import milliseconds
from rembert_tf.load_testing.settings import Level

# Why a point ended.
WHOLE, GONE, INTERRUPTED = "whole", "the server stopped answering", "interrupted"


@dataclasses.dataclass(frozen=True)
class Resources:
    """Who used the processors while a point was measured, and the server's memory.

    Args:
        client_cpu: processor seconds of this process.
        server_cpu: those of the server's process, or None.
        others_cpu: those of all other programs, or None where they cannot be told from the server's.
        resident_bytes: the server's memory at the point's end, or None.
        peak_bytes: the most that it had since it began, or None.
    """

    client_cpu: float
    server_cpu: float | None = None
    others_cpu: float | None = None
    resident_bytes: int | None = None
    peak_bytes: int | None = None


@dataclasses.dataclass(frozen=True)
class Point:
    """One row of a load test.

    Args:
        level: the `Level` of load.
        batch_size: texts of a request.
        seconds: from the first request until the last answer.
        latencies: tuple of the seconds of each answered request, in the order of the answers.
        late: tuple of the seconds by which each request was sent after it was due.
        errors: {kind of failure: requests}.
        messages: {kind of failure: words of the first one}.
        resources: `Resources`.
        ended: one of `WHOLE`, `GONE` and `INTERRUPTED`.
    """

    level: Level
    batch_size: int
    seconds: float
    latencies: tuple
    late: tuple
    errors: dict
    messages: dict
    resources: Resources
    ended: str = WHOLE

    @property
    def answered(self):
        return len(self.latencies)

    @property
    def failed(self):
        return sum(self.errors.values())

    @property
    def requests_per_second(self):
        """Answered requests a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def texts_per_second(self):
        return self.requests_per_second * self.batch_size

    @property
    def latency(self):
        """Milliseconds by name, as of `milliseconds`."""
        return milliseconds(self.latencies)

    @property
    def lateness(self):
        """By how many milliseconds requests were sent after they were due, as of `milliseconds`."""
        return milliseconds(self.late)

    @property
    def server_cores(self):
        """Processors that the server kept busy, or None."""
        used = self.resources.server_cpu
        return used / self.seconds if used and self.seconds else None

    @property
    def client_cores(self):
        return self.resources.client_cpu / self.seconds if self.seconds else 0.0

    @property
    def requests_per_core(self):
        """Answered requests for each processor second of the server, or None."""
        used = self.resources.server_cpu
        return self.answered / used if used else None

    def __str__(self):
        return f"{self.level}, {self.batch_size} {'text' if self.batch_size == 1 else 'texts'} a request"
