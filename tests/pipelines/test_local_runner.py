"""Beam's local runner, as we start it, gives every element that a step wrote to the next step."""

import pytest
from apache_beam import Create, GroupByKey, Map
from apache_beam.runners.portability.fn_api_runner import worker_handlers
from apache_beam.runners.worker import data_plane

from rembert_tf.pipelines.runner import pipeline_options, run

THREADS = ["--direct_running_mode", "multi_threading", "--direct_num_workers", "2"]
received = []  # workers that are threads share it


def keyed(number):
    return number % 3, number


def keep(group):
    received.append(sorted(group[1]))


def build(steps):
    _ = steps | Create(range(100)) | Map(keyed) | GroupByKey() | Map(keep)


@pytest.mark.parametrize("flags", [[], THREADS])
def test_no_second_thread_empties_a_buffer_that_a_step_writes_to(flags, monkeypatch):
    """Beam's would, without a lock: of 900 documents one was lost in some runs of four busy workers."""
    timed = []
    monkeypatch.setattr(worker_handlers, "DATA_BUFFER_TIME_LIMIT_MS", 1000)  # Beam's own, whoever ran before
    monkeypatch.setattr(
        data_plane.TimeBasedBufferingClosableOutputStream, "_schedule_periodic_flush", lambda self: timed.append(self)
    )
    received.clear()
    run(build, pipeline_options(flags))
    assert timed == []
    assert sorted(received) == [list(range(start, 100, 3)) for start in range(3)]
