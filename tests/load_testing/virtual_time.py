"""An event loop whose time passes only while everybody waits, and servers made of sleep."""

import asyncio
import selectors


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for a timer, moves the clock to it."""

    now = 0.0

    def select(self, timeout=None):
        self.now += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self):
        return self._jumping.now


def run(coroutine):
    """Runs a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)


class SlowServer:
    """Answers so many requests at a time, each after the same number of seconds; takes a `Sender`'s place.

    Args:
        seconds: that a request takes once it is its turn.
        at_a_time: requests that are worked on at once.
        fail: called with a request's number; returns an exception to raise, or None.

    Attributes:
        sent: list of (number, time) in the order in which requests came.
        most: the most requests that were under way at a time.
    """

    def __init__(self, seconds, at_a_time=1, fail=lambda number: None):
        self.seconds, self.fail = seconds, fail
        self.sent, self.most, self._under_way = [], 0, 0
        self._turn = asyncio.Semaphore(at_a_time)

    def prepare(self, number):
        return number

    async def send(self, number):
        self.sent.append((number, asyncio.get_running_loop().time()))
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        try:
            error = self.fail(number)
            if error is not None:
                raise error
            async with self._turn:
                await asyncio.sleep(self.seconds)
        finally:
            self._under_way -= 1
