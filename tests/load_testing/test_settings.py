"""A load test is bounded before it begins."""

import math

import pytest

from rembert_tf.errors import InputError
from rembert_tf.load_testing.settings import MAX_REQUESTS, MAX_SECONDS, Level, LoadTestSettings

URL = "http://127.0.0.1:8501"


def test_every_level_with_every_batch_size():
    settings = LoadTestSettings(URL, concurrency=(1, 4), batch_sizes=(1, 8))
    assert settings.points == [(n, Level(concurrency=c)) for n in (1, 8) for c in (1, 4)]
    settings = LoadTestSettings(URL, rates=(2.5,), batch_sizes=(1, 8))
    assert settings.points == [(1, Level(rate=2.5)), (8, Level(rate=2.5))]
    assert [str(level) for level in (Level(concurrency=4), Level(rate=2.5))] == ["4 at a time", "2.5 a second"]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"concurrency": ()}, "concurrency is empty"),
        ({"concurrency": (0,)}, "concurrency is 0"),
        ({"concurrency": (2000,)}, "concurrency is 2000; it must be 1 to 1024"),
        ({"concurrency": (2, 4, 2)}, "concurrency is 2, 4, 2; it must be different numbers"),
        ({"batch_sizes": (-1,)}, "batch_sizes is -1"),
        ({"batch_sizes": (5000,)}, "batch_sizes is 5000"),
        ({"rates": (0.0,)}, "rates is 0.0"),
        ({"rates": (math.nan,)}, "rates is nan"),
        ({"rates": (math.inf,)}, "rates is inf"),
        ({"seconds": 0}, "seconds is 0"),
        ({"seconds": math.inf}, "seconds is inf"),
        ({"timeout": -1}, "timeout is -1"),
        ({"warmup": -0.5}, "warmup is -0.5"),
        ({"requests": 0}, "requests is 0"),
    ],
)
def test_numbers_out_of_range(change, message):
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        LoadTestSettings(URL, **change)


def test_the_whole_test_ends_within_the_hour():
    each = {"warmup": 2.0, "timeout": 3.0, "concurrency": (1, 2), "batch_sizes": (1, 2, 3)}
    # Warm-up, measurement, and a timeout after each, for six points.
    longest = MAX_SECONDS / 6 - 2.0 - 2 * 3.0
    LoadTestSettings(URL, seconds=longest - 0.01, **each)
    with pytest.raises(InputError, match=r"could take 3,606 seconds: 6 points of up to 601"):
        LoadTestSettings(URL, seconds=longest + 1, **each)


def test_the_whole_test_sends_a_million_requests_at_most():
    LoadTestSettings(URL, concurrency=(1, 2), warmup=0, requests=MAX_REQUESTS // 2)
    for more in ({"warmup": 0, "requests": MAX_REQUESTS // 2 + 1}, {"requests": MAX_REQUESTS // 2}):
        with pytest.raises(InputError, match="at most 1,000,000 are allowed"):
            LoadTestSettings(URL, concurrency=(1, 2), **more)
