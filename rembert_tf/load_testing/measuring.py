"""One point of a load test: the load, and who used the processors meanwhile."""

import asyncio
import dataclasses

from rembert_tf.benchmarking.machine import busy_seconds, own_seconds
from rembert_tf.load_testing.driving import drive
from rembert_tf.load_testing.point import GONE, INTERRUPTED, WHOLE, Point, Resources
from rembert_tf.load_testing.recorder import Recorder
from rembert_tf.load_testing.sender import Sender
from rembert_tf.load_testing.server_process import ServerProcess
from rembert_tf.load_testing.settings import MAX_IN_FLIGHT


@dataclasses.dataclass(frozen=True)
class Asked:
    """What every point needs: the model's `Signature`, {input: values}, and the `ServerProcess` or None."""

    signature: object
    columns: dict
    process: ServerProcess | None


async def measure(points, settings, asked, batch_size, level):
    """Warms up, measures, and appends the Point, also one that was cut short.

    Args:
        points: list that the Point is added to.
        settings: `LoadTestSettings`.
        asked: `Asked`.
        batch_size: texts of a request.
        level: the `Level` of load.
    """
    loop, in_flight = asyncio.get_running_loop(), level.concurrency or MAX_IN_FLIGHT
    async with Sender(settings, asked.signature, asked.columns, batch_size, in_flight) as sender:
        if settings.warmup:
            await drive(level, sender, settings.warmup, settings.requests, Recorder())
        recorder, meter, began, ended = Recorder(), Meter(asked.process), loop.time(), INTERRUPTED
        try:
            await drive(level, sender, settings.seconds, settings.requests, recorder)
            ended = GONE if recorder.server_is_gone or recorder.nobody_answered else WHOLE
        finally:
            if recorder.latencies or recorder.errors:
                seconds = loop.time() - began
                points.append(point_of(recorder, level, batch_size, seconds, meter.read(), ended))


def point_of(recorder, level, batch_size, seconds, resources, ended):
    """Returns the `Point` of what a `Recorder` holds; arguments as of `Point`."""
    return Point(
        level,
        batch_size,
        seconds,
        latencies=tuple(recorder.latencies),
        late=tuple(recorder.late),
        errors=dict(recorder.errors),
        messages=recorder.messages,
        resources=resources,
        ended=ended,
    )


class Meter:
    """Reads who used the processors since it was made.

    Args:
        process: the `ServerProcess`, or None.
    """

    def __init__(self, process):
        self._process = process
        self._before = self._look()

    def read(self):
        """Returns the `Resources`; the server's are None where it has ended or is not known."""
        client, busy, server = (
            None if now is None or before is None else now - before
            for now, before in zip(self._look(), self._before, strict=True)
        )
        usage = self._usage()
        if usage is None or server is None:
            return Resources(client)
        others = None if busy is None else max(0.0, busy - client - server)
        return Resources(client, server, others, usage.resident_bytes, usage.peak_bytes)

    def _look(self):
        usage = self._usage()
        return own_seconds(), busy_seconds(), None if usage is None else usage.cpu_seconds

    def _usage(self):
        return None if self._process is None else self._process.usage()
