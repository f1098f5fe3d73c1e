"""A load test from its settings to what was measured."""

import asyncio
import dataclasses
import functools
import math

from rembert_tf.benchmarking.machine import describe
from rembert_tf.errors import InputError
from rembert_tf.load_testing.measuring import Asked, measure
from rembert_tf.load_testing.own_machine import require_allowed
from rembert_tf.load_testing.point import GONE, INTERRUPTED
from rembert_tf.load_testing.sender import rows
from rembert_tf.load_testing.server_process import ServerProcess
from rembert_tf.load_testing.settings import LoadTestSettings
from rembert_tf.load_testing.texts import own_columns
from rembert_tf.serving.client.client import Client
from rembert_tf.serving.client.heads import head_of
from rembert_tf.serving.client.queries import named_inputs
from rembert_tf.serving.client.target import read_address
from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE

TICK = 0.5  # seconds between two reports of progress


@dataclasses.dataclass
class Outcome:
    """What a load test found.

    Attributes:
        settings: `LoadTestSettings`.
        machine: of the client, as `machine.describe` has it.
        kind: what the model is, in words.
        texts: how many different ones were sent.
        points: list of `Point`; the last one may have been cut short.
        stopped: why the test ended before its last point, or None.
    """

    settings: LoadTestSettings
    machine: dict
    kind: str
    texts: int
    points: list = dataclasses.field(default_factory=list)
    stopped: str | None = None


def run_load_test(settings, texts=(), pairs=(), progress=lambda done, total, note="": None, keep=lambda outcome: None):
    """Measures every point.

    Args:
        settings: `LoadTestSettings`.
        texts: list of str to send; none sends sentences in many languages that fit the model.
        pairs: the second input's values, as of `Client.ask`.
        progress: called as `progress(done, total, note)`, in seconds.
        keep: called with the Outcome before the first point and after each whole one.

    Returns:
        An `Outcome`. Where the server stopped answering or Ctrl-C was pressed, it holds what was measured until then.

    Raises:
        InputError: the server may not be tested, is no model server, or does not take such texts.
    """
    own = require_allowed(read_address(settings.url), settings.allow_remote)
    if settings.pid is not None and not own:
        raise InputError(f"--pid is for a server of this machine, and {settings.url} is another one")
    process = None if settings.pid is None else ServerProcess(settings.pid)
    signature, columns = _first_answer(settings, texts, pairs)
    head = head_of(signature)
    machine = {name: value for name, value in describe(None).items() if name != "threads"}
    kind = "a model of another kind" if head is None else head.kind
    outcome = Outcome(settings, machine, kind, len(next(iter(columns.values()))))
    keep(outcome)  # that it cannot be kept should not be found out after an hour of load
    try:
        asyncio.run(_measure_all(outcome, Asked(signature, columns, process), progress, keep))
    except KeyboardInterrupt:
        outcome.stopped = INTERRUPTED
    return outcome


def _first_answer(settings, texts, pairs):
    """Asks once, so that what cannot work is said before anything is measured; returns the signature and the inputs."""
    target = {"model": settings.model, "version": settings.version, "label": settings.label}
    options = {"timeout": settings.timeout, "headers": settings.headers, "ca_file": settings.ca_file}
    with Client(settings.url, retries=0, **target, **options) as client:
        signatures = client.signatures()
        if DEFAULT_SIGNATURE not in signatures:
            raise InputError(
                f"model {settings.model!r} has no signature {DEFAULT_SIGNATURE}, which a load test asks; "
                f"it has {', '.join(sorted(signatures))}"
            )
        signature = signatures[DEFAULT_SIGNATURE]
        if texts:
            columns = named_inputs(list(texts), list(pairs), signature.inputs)
        elif pairs:
            raise InputError("--pair goes with --texts: without, the sentences are the load test's own")
        else:
            columns = own_columns(signature)
        client.predict(rows(columns, 0, 1))
    return signature, columns


async def _measure_all(outcome, asked, progress, keep):
    points, settings = outcome.settings.points, outcome.settings
    each = settings.warmup + settings.seconds
    for index, (batch_size, level) in enumerate(points):
        report = functools.partial(_report, progress, index * each, len(points) * each, f"{level}, batch {batch_size}")
        ticking = asyncio.ensure_future(_tick(report, each))
        try:
            await measure(outcome.points, settings, asked, batch_size, level)
        finally:
            ticking.cancel()
        keep(outcome)
        if outcome.points and outcome.points[-1].ended == GONE:
            outcome.stopped = GONE
            return
    progress(_whole(len(points) * each), _whole(len(points) * each))


async def _tick(report, seconds):
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        report(min(seconds, loop.time() - began))
        await asyncio.sleep(TICK)


def _report(progress, before, total, note, done):
    # The end is reported once, when the last answer is there.
    progress(min(int(before + done), _whole(total) - 1), _whole(total), note)


def _whole(seconds):
    return math.ceil(seconds)
