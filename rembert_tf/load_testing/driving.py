"""Sending requests: by clients that wait for their answers, or by the clock.

All times are those of the running event loop, so that a loop with a clock of its own runs a test in no time.
"""

import asyncio
import itertools
import math

from rembert_tf.load_testing.failures import FAILURES
from rembert_tf.load_testing.settings import MAX_IN_FLIGHT

# Seconds that a client waits after a failure: one that is refused at once would otherwise do nothing but ask.
PAUSE_AFTER_FAILURE = 0.1
# Seconds after a point's end in which a request that was due before it is still sent: timers are late by milliseconds.
LAST_MOMENT = 0.1


async def drive(level, sender, seconds, requests, recorder):
    """Sends requests until the time or their number is over, and waits for the last answers.

    Args:
        level: a `Level`.
        sender: has `prepare(number)`, which makes a request, and `send(request)`, which is awaited.
        seconds: in which requests are sent.
        requests: the most that are sent.
        recorder: a `Recorder`.
    """
    if level.rate is None:
        await closed_loop(sender, level.concurrency, seconds, requests, recorder)
    else:
        await open_loop(sender, level.rate, seconds, requests, recorder)


async def closed_loop(sender, concurrency, seconds, requests, recorder):
    """Lets clients send one request after the other, each when its last one is answered."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    numbers = itertools.islice(itertools.count(), requests)

    async def client():
        for number in numbers:
            request = sender.prepare(number)
            if loop.time() >= end or recorder.server_is_gone:
                return
            if not await _exchange(sender, request, loop.time(), recorder):
                await asyncio.sleep(max(0.0, min(PAUSE_AFTER_FAILURE, end - loop.time())))

    await _finish([asyncio.ensure_future(client()) for _ in range(concurrency)])


async def open_loop(sender, rate, seconds, requests, recorder, in_flight=MAX_IN_FLIGHT):
    """Sends requests on time, however late the earlier ones are.

    A request's latency counts from when it was due: where a server falls behind, everybody who came meanwhile
    waits, and the wait belongs to the answer.

    Args:
        sender: as of `drive`.
        rate: requests a second.
        seconds: in which requests are due.
        requests: the most that are sent.
        recorder: a `Recorder`.
        in_flight: requests that may be under way at a time; further ones are sent late, or never.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    due_requests = min(requests, max(1, math.ceil(rate * seconds - 1e-9)))
    free, tasks = asyncio.Semaphore(in_flight), []

    async def client(request, due):
        try:
            await _exchange(sender, request, due, recorder)
        finally:
            free.release()

    try:
        for number in range(due_requests):
            request, due = sender.prepare(number), began + number / rate
            await asyncio.sleep(max(0.0, due - loop.time()))
            await free.acquire()
            if recorder.server_is_gone:
                break
            if loop.time() > began + seconds + LAST_MOMENT:
                recorder.not_sent(due_requests - number)
                break
            tasks.append(asyncio.ensure_future(client(request, due)))
    except BaseException:
        for task in tasks:
            task.cancel()
        raise
    finally:
        await _finish(tasks)


async def _exchange(sender, request, due, recorder):
    """Sends one request; returns whether it was answered."""
    loop = asyncio.get_running_loop()
    recorder.sent(loop.time() - due)
    try:
        await sender.send(request)
    except FAILURES as error:
        recorder.failed(error)
        return False
    recorder.answered(loop.time() - due)
    return True


async def _finish(tasks):
    """Waits for all tasks; where one fails or the wait is cancelled, ends the others first."""
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
