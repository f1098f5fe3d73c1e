"""The arithmetic of capacity planning."""

import math

import pytest

from rembert_tf.errors import InputError
from rembert_tf.load_testing.capacity import Target, plan_text, plans
from rembert_tf.load_testing.point import INTERRUPTED, Resources
from tests.load_testing.conftest import make_point

SLOW = 0.5


def points():
    """20, 40 and 60 requests a second; the last one is too late, as the one at 80 is, of which one request failed."""
    return [
        make_point(1, latencies=[0.05] * 200),
        make_point(4, latencies=[0.1] * 400),
        make_point(8, latencies=[0.1] * 590 + [SLOW] * 10),
        make_point(16, latencies=[0.1] * 800, errors={"UNAVAILABLE": 1}),
        make_point(32, latencies=[0.1] * 900, ended=INTERRUPTED),
    ]


def test_the_replicas():
    (plan,) = plans(points(), Target(p99=200, rate=100, utilization=0.5))
    assert plan.point.level.concurrency == 4
    assert plan.rate_of_a_replica == pytest.approx(0.5 * 40)
    assert plan.replicas == 5
    assert plan.memory_bytes == 5 * 2 * 10**8
    assert plan.cores == pytest.approx(100 / (400 / 5.0))


@pytest.mark.parametrize("rate, replicas", [(0.1, 1), (28, 1), (28.01, 2), (56, 2), (1000, 36)])
def test_replicas_are_rounded_up(rate, replicas):
    (plan,) = plans(points(), Target(200, rate, 0.7))
    assert plan.replicas == replicas == math.ceil(round(rate / 28, 6))


def test_a_looser_target_needs_fewer():
    (strict,), (loose,) = (plans(points(), Target(p99, 100)) for p99 in (60, 1000))
    assert (strict.point.level.concurrency, loose.point.level.concurrency) == (1, 8)
    assert loose.replicas < strict.replicas


def test_the_arithmetic_is_shown():
    (plan,) = plans(points(), Target(200, 100, 0.5))
    text = plan_text(plan)
    for part in (
        "100 requests a second of 1 text, 99 % of them within 200 ms",
        "answered 40.0 requests/s with a p99 of 100.0 ms (4 at a time",
        "0.5 x 40.0 = 20.0 requests/s",
        "**replicas: 100 / 20.0 = 5.00, so 5**",
        "400 requests in 5.00 processor seconds are 80.0 requests/s a core; 100 / 80.0 = 1.2 cores busy, 0.5 of a",
        "5 x 0.20 GB at the peak = 1.00 GB",
    ):
        assert part in text


def test_batch_sizes_are_planned_by_themselves():
    both = points() + [make_point(1, batch_size=32, latencies=[0.4] * 100)]
    one, many = plans(both, Target(200, 10))
    assert (one.batch_size, many.batch_size) == (1, 32)
    assert many.replicas is many.memory_bytes is many.cores is None
    assert "no number of replicas will do**: the lowest p99 that was measured is 400.0 ms (1 at a time)" in plan_text(
        many
    )


def test_without_a_process_nothing_is_said_about_it():
    (plan,) = plans([make_point(resources=Resources(1.0))], Target(200, 10))
    assert plan.replicas == 1
    assert "processors" not in plan_text(plan) and "memory" not in plan_text(plan)


def test_nothing_that_counts():
    (plan,) = plans([make_point(errors={"TIMEOUT": 1})], Target(200, 10))
    assert "no point was measured whole and without failures" in plan_text(plan)
    assert plans([], Target(200, 10)) == [] == plans(points(), None)


@pytest.mark.parametrize(
    "values",
    [(0, 1), (1, -1), (math.nan, 1), (1, math.inf), (1, 1, 0), (1, 1, 1e-10), (1, 1, 1.1), (1, 1e10), (1, 1, math.nan)],
)
def test_impossible_targets(values):
    with pytest.raises(InputError, match="it must be"):
        Target(*values)
