"""Dynamic batching in front of a model whose every run a test can see and hold up."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rembert_tf.serving.server.batching import BatchingServable
from rembert_tf.serving.server.batching_parameters import BatchingParameters
from rembert_tf.serving.server.status import Code, ServingError

LONG = 60 * 10**6  # microseconds; longer than any test


class Model:
    """Doubles `x`; fails for a batch with a negative number; waits in each run while the gate is closed."""

    path, version, signatures = "path", 1, {}

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.batches = []
        self.timeouts = []
        self.closed = False

    def run(self, feeds, fetches, timeout=None):
        x = np.asarray(feeds["x"])
        self.batches.append([np.ravel(row)[0].item() for row in x])
        self.timeouts.append(timeout)
        self.entered.release()
        self.gate.wait()
        if (x < 0).any():
            raise ServingError(Code.INVALID_ARGUMENT, "negative")
        outputs = {"double": 2 * x, "widest": np.zeros([len(x), int(x.max(initial=0))]), "total": x.sum(), "one": x[:1]}
        return [outputs[name] for name in fetches]

    def close(self):
        self.closed = True


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def batching(model):
    """Makes a BatchingServable over the model; everything ends with the test."""
    made = []

    def make(**parameters):
        servable = BatchingServable(model, BatchingParameters(**parameters))
        made.append(servable)
        return servable

    yield make
    model.gate.set()
    for servable in made:
        servable.close()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(32) as pool:
        yield pool


def run(servable, *values, fetch="double", timeout=60):
    (output,) = servable.run({"x": np.array(values)}, [fetch], timeout)
    return output.tolist()


def refusal(servable, *values, **options):
    with pytest.raises(ServingError) as failure:
        run(servable, *values, **options)
    return failure.value.code, failure.value.message


def occupy(servable, model, pool):
    """Holds the servable's only thread with a request of its own; returns its future."""
    model.gate.clear()
    held = pool.submit(run, servable, 100)
    assert model.entered.acquire(timeout=60)
    return held


def wait_for_rows(servable, rows):
    while servable.waiting_rows() != rows:
        pass


class TestJoining:
    def test_a_full_batch_is_computed_at_once(self, batching, model, pool):
        servable = batching(max_batch_size=8, batch_timeout_micros=LONG)
        answers = list(pool.map(lambda value: run(servable, value), range(8)))
        assert answers == [[2 * value] for value in range(8)]
        assert [sorted(batch) for batch in model.batches] == [list(range(8))]

    def test_requests_gather_while_every_thread_is_busy(self, batching, model, pool):
        servable = batching(num_batch_threads=1)
        held = occupy(servable, model, pool)
        waiting = [pool.submit(run, servable, number, number + 1) for number in range(0, 10, 2)]
        wait_for_rows(servable, 10)
        model.gate.set()
        assert held.result() == [200]
        assert [answer.result() for answer in waiting] == [[2 * n, 2 * n + 2] for n in range(0, 10, 2)]
        assert len(model.batches) == 2

    def test_nobody_waits_for_company_without_a_timeout(self, batching, model):
        assert run(batching(), 3) == [6]
        assert model.batches == [[3]]

    def test_a_batch_that_stays_small_is_computed_after_the_timeout(self, batching, model):
        assert run(batching(max_batch_size=8, batch_timeout_micros=1000), 3) == [6]

    def test_a_request_that_does_not_fit_begins_the_next_batch(self, batching, model, pool):
        servable = batching(max_batch_size=4, num_batch_threads=1)
        occupy(servable, model, pool)
        first = pool.submit(run, servable, 1, 2, 3)
        wait_for_rows(servable, 3)
        second = pool.submit(run, servable, 4, 5)
        wait_for_rows(servable, 5)
        model.gate.set()
        assert (first.result(), second.result()) == ([2, 4, 6], [8, 10])
        assert model.batches[1:] == [[1, 2, 3], [4, 5]]

    @pytest.mark.parametrize("other", [[[1, 2]], [[1.0]], [[1], [2]]])
    def test_only_what_can_be_joined_is(self, batching, model, pool, other):
        servable = batching(num_batch_threads=1)
        occupy(servable, model, pool)
        first = pool.submit(run, servable, [5])
        wait_for_rows(servable, 1)
        second = pool.submit(run, servable, *other)
        wait_for_rows(servable, 1 + len(other))
        model.gate.set()
        assert first.result() == [[10]]
        assert second.result() == (2 * np.array(other)).tolist()
        joined = np.array(other).shape[1:] == (1,) and np.array(other).dtype == int
        assert len(model.batches) == (2 if joined else 3)

    def test_other_outputs_are_another_batch(self, batching, model, pool):
        servable = batching(num_batch_threads=1)
        occupy(servable, model, pool)
        answers = [pool.submit(run, servable, 1), pool.submit(run, servable, 1, fetch="widest")]
        wait_for_rows(servable, 2)
        model.gate.set()
        assert [answer.result() for answer in answers] == [[2], [[0.0]]]
        assert len(model.batches) == 3

    def test_a_row_is_as_wide_as_the_widest_of_its_batch(self, batching, pool):
        servable = batching(max_batch_size=2, batch_timeout_micros=LONG)
        narrow, wide = (pool.submit(run, servable, width, fetch="widest") for width in (1, 3))
        assert narrow.result() == wide.result() == [[0.0] * 3]

    def test_an_empty_request_is_computed_alone(self, batching, model):
        assert run(batching(batch_timeout_micros=LONG)) == []


class TestAllowedSizes:
    def test_batches_are_filled_up(self, batching, model):
        servable = batching(max_batch_size=8, allowed_batch_sizes=(2, 8))
        assert run(servable, 7) == [14]
        assert run(servable, 7, 8, 9) == [14, 16, 18]
        assert model.batches == [[7, 7], [7, 8, 9, 7, 7, 7, 7, 7]]


class TestLimits:
    def test_more_rows_than_a_batch_may_have(self, batching, model):
        assert refusal(batching(max_batch_size=4), *range(5)) == (
            Code.INVALID_ARGUMENT,
            "Task size 5 is larger than maximum input batch size 4",
        )
        assert model.batches == []

    def test_a_full_queue(self, batching, model, pool):
        servable = batching(max_batch_size=1, num_batch_threads=1, max_enqueued_batches=2)
        occupy(servable, model, pool)
        waiting = [pool.submit(run, servable, 1) for _ in range(2)]
        wait_for_rows(servable, 2)
        assert refusal(servable, 1) == (
            Code.UNAVAILABLE,
            "The batch scheduling queue to which this task was submitted is full",
        )
        model.gate.set()
        assert [answer.result() for answer in waiting] == [[2], [2]]
        assert run(servable, 4) == [8]

    def test_a_deadline_passes_in_the_queue(self, batching, model, pool):
        servable = batching(num_batch_threads=1)
        held = occupy(servable, model, pool)
        assert refusal(servable, 1, timeout=0.01)[0] == Code.DEADLINE_EXCEEDED
        model.gate.set()
        held.result()
        assert run(servable, 2) == [4]
        assert 1 not in sum(model.batches, [])

    def test_a_deadline_passes_while_it_is_computed(self, batching, model):
        model.gate.clear()
        assert refusal(batching(), 1, timeout=0.01)[0] == Code.DEADLINE_EXCEEDED

    def test_a_batch_may_take_as_long_as_its_most_patient_request(self, batching, model, pool):
        servable = batching(max_batch_size=2, batch_timeout_micros=LONG)
        list(pool.map(lambda seconds: run(servable, 1, timeout=seconds), [30, 600]))
        assert 500 < model.timeouts[0] <= 600
        list(pool.map(lambda seconds: run(servable, 1, timeout=seconds), [30, None]))
        assert model.timeouts[1] is None


class TestErrors:
    def test_innocent_requests_do_not_suffer(self, batching, model, pool):
        servable = batching(max_batch_size=4, batch_timeout_micros=LONG)
        good = [pool.submit(run, servable, value) for value in (1, 2, 3)]
        assert refusal(servable, -1) == (Code.INVALID_ARGUMENT, "negative")
        assert [answer.result() for answer in good] == [[2], [4], [6]]

    @pytest.mark.parametrize("fetch, message", [("total", "has 0 dimensions"), ("one", "0th dimension does not equal")])
    def test_outputs_that_are_not_made_of_rows(self, batching, fetch, message):
        code, text = refusal(batching(), 1, 2, fetch=fetch)
        assert code == Code.FAILED_PRECONDITION
        assert message in text

    @pytest.mark.parametrize("feeds", [{"x": np.array(1)}, {"x": np.zeros(2), "y": np.zeros(3)}])
    def test_inputs_that_are_not_made_of_rows(self, batching, feeds):
        with pytest.raises(ServingError) as failure:
            batching().run(feeds, ["double"])
        assert failure.value.code == Code.FAILED_PRECONDITION

    def test_a_defect_of_ours_ends_no_thread(self, batching, model):
        servable = batching(num_batch_threads=1)
        with pytest.raises(KeyError):
            run(servable, 1, fetch="nothing")
        assert run(servable, 1) == [2]


def test_closing(model, pool):
    servable = BatchingServable(model, BatchingParameters(num_batch_threads=2))
    assert (servable.path, servable.version, servable.signatures) == ("path", 1, {})
    servable.close()
    assert model.closed
    assert refusal(servable, 1)[0] == Code.UNAVAILABLE
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batch-v1")]
