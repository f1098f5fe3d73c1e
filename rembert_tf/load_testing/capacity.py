"""How many replicas an expected load needs, from the points of a load test."""

import dataclasses
import math

from rembert_tf.errors import InputError
from rembert_tf.load_testing.point import WHOLE, Point

UTILIZATION = 0.7  # of what a replica was measured to take: traffic comes in waves
MIN_UTILIZATION, MAX_RATE = 0.01, 1e9  # beyond, a plan is a slip of the hand


@dataclasses.dataclass(frozen=True)
class Target:
    """What is expected of a service.

    Args:
        p99: milliseconds in which 99 % of the requests are to be answered.
        rate: requests a second that all replicas together are expected to get, up to `MAX_RATE`.
        utilization: the share of a replica's measured rate that it is planned to get, `MIN_UTILIZATION` to 1.

    Raises:
        InputError: a number is out of its range.
    """

    p99: float
    rate: float
    utilization: float = UTILIZATION

    def __post_init__(self):
        for name, value in (("target-p99", self.p99), ("expected-rate", self.rate)):
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"--{name} is {value:g}; it must be more than 0")
        if self.rate > MAX_RATE:
            raise InputError(f"--expected-rate is {self.rate:g}; it must be {MAX_RATE:g} at most")
        if not MIN_UTILIZATION <= self.utilization <= 1:
            raise InputError(f"--utilization is {self.utilization:g}; it must be {MIN_UTILIZATION} to 1")


@dataclasses.dataclass(frozen=True)
class Plan:
    """The replicas for one batch size.

    Args:
        target: the `Target`.
        batch_size: texts of a request.
        point: the measured `Point` within the target that answered most; None where none was within it.
        fastest: the whole point with the lowest p99, or None.
    """

    target: Target
    batch_size: int
    point: Point | None
    fastest: Point | None

    @property
    def rate_of_a_replica(self):
        """Requests a second that one replica is planned to get, or None."""
        return None if self.point is None else self.target.utilization * self.point.requests_per_second

    @property
    def replicas(self):
        """How many are needed, or None."""
        return None if self.point is None else math.ceil(self.target.rate / self.rate_of_a_replica)

    @property
    def memory_bytes(self):
        """Of all replicas at their peak, or None."""
        peak = None if self.point is None else self.point.resources.peak_bytes
        return None if peak is None else self.replicas * peak

    @property
    def cores(self):
        """Processors that the expected rate keeps busy, or None."""
        per_core = None if self.point is None else self.point.requests_per_core
        return None if per_core is None else self.target.rate / per_core


def plans(points, target):
    """Returns a `Plan` for each batch size that was measured.

    Points with failures do not count, nor do those that were cut short.

    Args:
        points: list of `Point`.
        target: the `Target`; None has no plans.
    """
    found = []
    if target is None:
        return found
    for batch_size in dict.fromkeys(point.batch_size for point in points):
        whole = [p for p in points if p.batch_size == batch_size and p.ended == WHOLE and p.answered and not p.failed]
        within = [point for point in whole if point.latency["p99"] <= target.p99]
        most = max(within, key=lambda point: point.requests_per_second, default=None)
        fastest = min(whole, key=lambda point: point.latency["p99"], default=None)
        found.append(Plan(target, batch_size, most, fastest))
    return found


def plan_text(plan):
    """Returns a plan with its arithmetic, as a list in Markdown."""
    target = plan.target
    texts = "1 text" if plan.batch_size == 1 else f"{plan.batch_size} texts"
    lines = [f"For {target.rate:g} requests a second of {texts}, 99 % of them within {target.p99:g} ms:", ""]
    if plan.point is None:
        return "\n".join([*lines, f"- **no number of replicas will do**: {_why_not(plan)}"])
    point, share = plan.point, plan.target.utilization
    measured = point.requests_per_second
    lines += [
        f"- one replica answered {measured:.1f} requests/s with a p99 of {point.latency['p99']:.1f} ms "
        f"({point.level}, the most of the points within the target)",
        f"- planned to {share:.0%} of that: {share:g} x {measured:.1f} = {plan.rate_of_a_replica:.1f} requests/s",
        f"- **replicas: {target.rate:g} / {plan.rate_of_a_replica:.1f} = {target.rate / plan.rate_of_a_replica:.2f}, "
        f"so {plan.replicas}**",
    ]
    if point.requests_per_core is not None:
        lines.append(
            f"- processors: {point.answered:,} requests in {point.resources.server_cpu:.2f} processor seconds are "
            f"{point.requests_per_core:.1f} requests/s a core; {target.rate:g} / {point.requests_per_core:.1f} = "
            f"{plan.cores:.1f} cores busy, {point.server_cores:.1f} of a replica when it was measured"
        )
    if plan.memory_bytes is not None:
        lines.append(
            f"- memory: {plan.replicas} x {_gigabytes(point.resources.peak_bytes)} GB at the peak = "
            f"{_gigabytes(plan.memory_bytes)} GB"
        )
    return "\n".join(lines)


def _why_not(plan):
    if plan.fastest is None:
        return "no point was measured whole and without failures"
    return (
        f"the lowest p99 that was measured is {plan.fastest.latency['p99']:.1f} ms ({plan.fastest.level}); a smaller "
        "model, shorter texts or faster processors may"
    )


def _gigabytes(size):
    return f"{size / 1e9:.2f}"
