"""When a request that failed is sent again."""

import dataclasses
import random
import time
from collections.abc import Callable

from rembert_tf.errors import InputError
from rembert_tf.serving.client.errors import too_slow


@dataclasses.dataclass(frozen=True)
class RetryPolicy:
    """How often, and after which pauses.

    Only what is safe and useful to repeat is: a connection that was refused or broke before an answer, and
    a server that is not available or overloaded. Pauses double, and a random half of each keeps many clients
    that failed together from coming back together. A server's `Retry-After` lengthens a pause.

    Args:
        retries: requests after the first one; 0 sends everything once.
        first_pause: seconds before the second request.
        longest_pause: seconds that doubling stops at.
        clock: seconds that only grow.
        random: a number from 0 to 1 at each call.
    """

    retries: int = 3
    first_pause: float = 0.1
    longest_pause: float = 5.0
    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random

    def __post_init__(self):
        if self.retries < 0:
            raise InputError(f"retries must be 0 or more, not {self.retries}")

    def pause(self, failures):
        """Seconds to wait after the given number of failures in a row, from 1."""
        longest = min(self.longest_pause, self.first_pause * 2.0 ** min(failures - 1, 50))
        return longest * (1 + self.random()) / 2


class Attempts:
    """The attempts at one request, which share its time.

    Args:
        policy: a `RetryPolicy`.
        url: the server's, for messages.
        timeout: seconds for all attempts and the pauses between them.
    """

    def __init__(self, policy, url, timeout):
        self._policy = policy
        self._url = url
        self._timeout = timeout
        self._deadline = policy.clock() + timeout
        self._failures = 0

    def seconds_left(self):
        """Seconds that the next attempt may take.

        Raises:
            UnreachableServerError: there are none.
        """
        left = self._deadline - self._policy.clock()
        if left <= 0:
            raise too_slow(self._url, self._timeout)
        return left

    def pause_after(self, error):
        """Seconds to wait before the next attempt.

        Args:
            error: why the last one failed: an error of `errors.py`, or a TimeoutError.

        Raises:
            ModelServerError, UnreachableServerError: there is no next attempt.
        """
        self._failures += 1
        if isinstance(error, TimeoutError):
            raise too_slow(self._url, self._timeout) from error
        if not error.repeatable or self._failures > self._policy.retries:
            raise error
        pause = max(self._policy.pause(self._failures), error.retry_after or 0)
        if pause >= self._deadline - self._policy.clock():
            raise error  # which says more than that the time is over
        return pause
