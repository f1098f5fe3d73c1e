"""What a load test sends, and the most that it may send."""

import dataclasses
import math

from rembert_tf.errors import InputError
from rembert_tf.serving.server.defaults import DEFAULT_MODEL_NAME

# Of a whole test, warm-up and waiting for the last answers included: a load test that was forgotten ends by itself.
MAX_SECONDS = 3600
MAX_REQUESTS = 1_000_000
MAX_IN_FLIGHT = 1024
MAX_BATCH_SIZE = 4096


@dataclasses.dataclass(frozen=True)
class Level:
    """How hard the server is pressed: by clients that each wait for their answer, or by a clock that waits for nobody.

    Args:
        concurrency: requests under way at a time, each client sending the next one when it has its answer; or None.
        rate: requests a second, sent on time whatever becomes of the earlier ones; or None.
    """

    concurrency: int | None = None
    rate: float | None = None

    @property
    def value(self):
        return self.concurrency if self.rate is None else self.rate

    def __str__(self):
        return f"{self.concurrency} at a time" if self.rate is None else f"{self.rate:g} a second"


@dataclasses.dataclass(frozen=True)
class LoadTestSettings:
    """A load test: every level with every batch size is a point.

    Args:
        url: the server's, as of `Client`.
        concurrency: requests under way at a time, one number a point.
        rates: requests a second; where there are some, they take the place of `concurrency`.
        batch_sizes: texts of a request.
        seconds: in which a point sends requests.
        requests: of a point at most, and of its warm-up.
        warmup: seconds of the same load before each point, which do not count.
        timeout: seconds that a request may take.
        model: its name on the server.
        version: its version; None asks the newest.
        label: a label of a version, instead.
        headers: dict of headers that every request gets.
        ca_file: PEM file of the certificates to trust.
        pid: of the server's process on this machine, whose processor time and memory are read; or None.
        allow_remote: whether the server may be another machine.

    Raises:
        InputError: a number is out of its range, or the whole test would be too long or too large.
    """

    url: str
    concurrency: tuple[int, ...] = (1, 2, 4, 8)
    rates: tuple[float, ...] = ()
    batch_sizes: tuple[int, ...] = (1,)
    seconds: float = 5.0
    requests: int = 10_000
    warmup: float = 1.0
    timeout: float = 10.0
    model: str = DEFAULT_MODEL_NAME
    version: int | None = None
    label: str | None = None
    headers: dict = dataclasses.field(default_factory=dict)
    ca_file: str | None = None
    pid: int | None = None
    allow_remote: bool = False

    def __post_init__(self):
        for name, most in (("concurrency", MAX_IN_FLIGHT), ("batch_sizes", MAX_BATCH_SIZE)):
            _check_list(name, getattr(self, name), lambda n, most=most: 1 <= n <= most, f"1 to {most}")
        if self.rates:
            _check_list("rates", self.rates, lambda rate: 0 < rate <= MAX_REQUESTS, "more than 0 requests a second")
        for name in ("seconds", "timeout"):
            seconds = getattr(self, name)
            _require(math.isfinite(seconds) and seconds > 0, name, seconds, "more than 0 seconds")
        _require(math.isfinite(self.warmup) and self.warmup >= 0, "warmup", self.warmup, "0 seconds or more")
        _require(self.requests >= 1, "requests", self.requests, "1 or more")
        self._check_whole()

    @property
    def points(self):
        """A list of (batch size, Level), in the order in which they are measured."""
        levels = [Level(rate=rate) for rate in self.rates] or [Level(concurrency=n) for n in self.concurrency]
        return [(batch_size, level) for batch_size in self.batch_sizes for level in levels]

    def _check_whole(self):
        count = len(self.points)
        longest = self.seconds + self.timeout + (self.warmup + self.timeout if self.warmup else 0)
        if count * longest > MAX_SECONDS:
            raise InputError(
                f"the load test could take {count * longest:,.0f} seconds: {count} points of up to {longest:g} "
                f"({self.warmup:g} to warm up, {self.seconds:g} measured, and a timeout of {self.timeout:g} after "
                f"each); at most {MAX_SECONDS:,} are allowed, so take fewer or shorter points"
            )
        most = count * self.requests * (2 if self.warmup else 1)
        if most > MAX_REQUESTS:
            raise InputError(
                f"the load test could send {most:,} requests: {count} points of up to {self.requests:,}"
                f"{', and as many to warm up' if self.warmup else ''}; at most {MAX_REQUESTS:,} are allowed"
            )


def _check_list(name, values, fits, accepted):
    _require(bool(values), name, "empty", f"numbers: {accepted}")
    for value in values:
        _require(math.isfinite(value) and fits(value), name, value, accepted)
    _require(len(set(values)) == len(values), name, ", ".join(map(str, values)), "different numbers")


def _require(holds, name, value, accepted):
    if not holds:
        raise InputError(f"{name} is {value}; it must be {accepted}")
