"""Closed and open loops against servers of known speed, in virtual time: every latency can be computed by hand."""

import asyncio

import numpy as np
import pytest

from rembert_tf.load_testing.driving import LAST_MOMENT, PAUSE_AFTER_FAILURE, drive, open_loop
from rembert_tf.load_testing.failures import NO_CONNECTION, NOT_SENT, TIMEOUT
from rembert_tf.load_testing.recorder import GIVE_UP_AFTER, Recorder, milliseconds
from rembert_tf.load_testing.settings import Level
from rembert_tf.serving.client.errors import ModelServerError, no_answer
from tests.load_testing.virtual_time import SlowServer, run


def press(level, server, seconds=2.0, requests=1000):
    recorder = Recorder()

    async def timed():
        began = asyncio.get_running_loop().time()
        await drive(level, server, seconds, requests, recorder)
        return asyncio.get_running_loop().time() - began

    return recorder, run(timed())


class TestClosedLoop:
    def test_a_client_waits_for_its_answer(self):
        recorder, took = press(Level(concurrency=1), SlowServer(0.25))
        assert recorder.latencies == pytest.approx([0.25] * 8)
        assert took == pytest.approx(2.0)
        assert recorder.late == [0.0] * 8

    def test_clients_queue_where_the_server_takes_one_at_a_time(self):
        server = SlowServer(0.1)
        recorder, _ = press(Level(concurrency=4), server)
        # The first four come at once; from then on each waits for the three before it and for itself.
        assert recorder.latencies[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4])
        assert recorder.latencies[4:] == pytest.approx([0.4] * (len(recorder.latencies) - 4))
        assert server.most == 4

    def test_every_request_has_its_own_number(self):
        server = SlowServer(0.1, at_a_time=8)
        press(Level(concurrency=8), server)
        assert [number for number, _ in server.sent] == list(range(len(server.sent)))

    @pytest.mark.parametrize("concurrency", [1, 3, 50])
    def test_never_more_requests_than_allowed(self, concurrency):
        server = SlowServer(0.001, at_a_time=50)
        recorder, took = press(Level(concurrency=concurrency), server, seconds=1000, requests=20)
        assert len(server.sent) == len(recorder.latencies) == 20
        assert took < 1

    def test_no_request_after_the_end(self):
        server = SlowServer(0.3)
        _, took = press(Level(concurrency=2), server, seconds=1.0)
        assert max(time for _, time in server.sent) < 1.0
        assert took < 1.0 + 2 * 0.3 + 1e-9

    def test_a_client_that_was_refused_pauses(self):
        busy = ModelServerError("busy", "RESOURCE_EXHAUSTED")
        server = SlowServer(0.01, fail=lambda number: busy if number % 2 else None)
        recorder, _ = press(Level(concurrency=1), server, seconds=1.1)
        assert recorder.errors == {"RESOURCE_EXHAUSTED": 10}
        assert len(recorder.latencies) == 10
        refused = [time for number, time in server.sent if number % 2]
        after = [time for number, time in server.sent if number and number % 2 == 0]
        gaps = [next_time - time for time, next_time in zip(refused, after, strict=False)]
        assert gaps == pytest.approx([PAUSE_AFTER_FAILURE] * len(gaps))

    @pytest.mark.parametrize("concurrency", [1, 30])
    def test_a_server_that_died_is_left_alone(self, concurrency):
        server = SlowServer(0.01, 50, lambda number: None if number < 40 else no_answer("http://x", "refused"))
        recorder, took = press(Level(concurrency=concurrency), server, seconds=1000, requests=100_000)
        assert recorder.server_is_gone
        assert len(recorder.latencies) == 40
        assert GIVE_UP_AFTER <= recorder.errors[NO_CONNECTION] <= GIVE_UP_AFTER + 2 * concurrency
        assert took < 10

    def test_a_short_break_does_not_end_the_test(self):
        broken = no_answer("http://x", "hung up")
        server = SlowServer(0.01, fail=lambda number: broken if number % 10 else None)
        recorder, _ = press(Level(concurrency=1), server, seconds=50)
        assert not recorder.server_is_gone and recorder.errors[NO_CONNECTION] > GIVE_UP_AFTER

    def test_a_defect_is_no_failed_request(self):
        defect = ZeroDivisionError("a defect")
        with pytest.raises(ZeroDivisionError):
            press(Level(concurrency=3), SlowServer(0.1, 3, lambda number: defect if number == 5 else None))


class TestOpenLoop:
    def test_latency_counts_from_when_a_request_was_due(self):
        """Twice as many as the server can answer: each one waits longer than the one before."""
        server = SlowServer(0.1)
        recorder, took = press(Level(rate=20), server)
        due = np.arange(40) / 20
        answered = 0.1 * np.arange(1, 41)
        assert recorder.latencies == pytest.approx(answered - due)
        assert [time for _, time in server.sent] == pytest.approx(due)
        assert took == pytest.approx(4.0)
        # The same server looks twenty times faster to a client that asks only when it has its answer.
        patient, _ = press(Level(concurrency=1), SlowServer(0.1))
        assert milliseconds(patient.latencies)["max"] == pytest.approx(100)
        assert milliseconds(recorder.latencies)["max"] == pytest.approx(2050)

    def test_a_client_that_cannot_send_does_not_hide_the_wait(self):
        server, recorder = SlowServer(0.08), Recorder()
        run(open_loop(server, 20, 2.0, 1000, recorder, in_flight=2))
        # Number k was due at k / 20, goes out when k - 2 is answered, at 0.08 (k - 1), and is answered at 0.08 (k + 1).
        sent = sum(0.08 * (number - 1) < 2.0 + LAST_MOMENT for number in range(40))
        numbers = np.arange(sent)
        assert recorder.latencies == pytest.approx(0.08 * (numbers + 1) - numbers / 20)
        assert recorder.late == pytest.approx(np.maximum(0.0, 0.08 * (numbers - 1) - numbers / 20), abs=1e-9)
        assert server.most == 2
        assert recorder.errors == {NOT_SENT: 40 - sent}

    def test_a_server_that_keeps_up(self):
        recorder, _ = press(Level(rate=50), SlowServer(0.01, at_a_time=2))
        assert recorder.latencies == pytest.approx([0.01] * 100)
        assert recorder.late == pytest.approx([0.0] * 100, abs=1e-9)

    def test_never_more_requests_than_allowed(self):
        server = SlowServer(0.001)
        press(Level(rate=1000), server, seconds=100, requests=30)
        assert len(server.sent) == 30

    def test_a_slow_rate_sends_one(self):
        recorder, _ = press(Level(rate=0.001), SlowServer(0.1))
        assert len(recorder.latencies) == 1

    def test_failures_are_counted_and_the_others_go_on(self):
        server = SlowServer(0.01, 4, lambda number: TimeoutError() if number % 4 == 0 else None)
        recorder, _ = press(Level(rate=20), server)
        assert recorder.errors == {TIMEOUT: 10}
        assert len(recorder.latencies) == 30

    def test_a_server_that_died_is_left_alone(self):
        server = SlowServer(0.01, fail=lambda number: no_answer("http://x", "refused"))
        recorder, took = press(Level(rate=10), server, seconds=1000, requests=100_000)
        assert recorder.server_is_gone and set(recorder.errors) == {NO_CONNECTION}
        assert took < 10

    def test_a_cancelled_load_leaves_no_request_behind(self):
        server, recorder = SlowServer(10.0, at_a_time=100), Recorder()

        async def cancel():
            task = asyncio.ensure_future(open_loop(server, 10, 5.0, 1000, recorder))
            await asyncio.sleep(1.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return task.cancelled(), len(asyncio.all_tasks())

        assert run(cancel()) == (True, 1)
        assert len(recorder.late) == 11 and not recorder.latencies


class TestPercentiles:
    def test_are_numpys(self):
        seconds = np.random.default_rng(0).lognormal(-3, 1, 1234).tolist()
        found = milliseconds(seconds)
        for percentile in (50, 90, 95, 99):
            assert found[f"p{percentile}"] == pytest.approx(1000 * np.percentile(seconds, percentile), rel=1e-12)
        assert found["max"] == pytest.approx(1000 * max(seconds))
        assert found["mean"] == pytest.approx(1000 * np.mean(seconds))

    def test_of_nothing_are_none(self):
        assert set(milliseconds([]).values()) == {None}
