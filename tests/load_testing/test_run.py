"""Load tests against servers on this machine: what is counted is what was sent."""

import os
import signal

import pytest

from rembert_tf.errors import InputError
from rembert_tf.load_testing.failures import NO_CONNECTION, UNREADABLE
from rembert_tf.load_testing.point import GONE, INTERRUPTED, WHOLE
from rembert_tf.load_testing.run import run_load_test
from rembert_tf.load_testing.settings import Level, LoadTestSettings
from rembert_tf.serving.server import ModelServer

# Bounded by requests, so that nothing depends on how fast this machine is.
FEW = {"seconds": 300.0, "requests": 20, "warmup": 0.0}


def load_test(url, texts=(), pairs=(), keep=lambda outcome: None, progress=lambda *_: None, **settings):
    return run_load_test(LoadTestSettings(url, **{**FEW, **settings}), texts, pairs, progress, keep)


class TestCounts:
    @pytest.mark.parametrize("transport", ["rest_url", "grpc_url"])
    def test_every_point_is_measured(self, server, transport):
        outcome = load_test(getattr(server, transport), concurrency=(1, 3), batch_sizes=(1, 2))
        assert outcome.kind == "a sequence classifier" and outcome.stopped is None
        assert [(p.batch_size, p.level) for p in outcome.points] == outcome.settings.points
        for point in outcome.points:
            assert (point.answered, point.failed, point.ended) == (20, 0, WHOLE)
            assert point.requests_per_second == pytest.approx(20 / point.seconds)
            assert point.texts_per_second == pytest.approx(20 * point.batch_size / point.seconds)
            assert 0 < min(point.latencies) <= max(point.latencies) <= point.seconds

    def test_the_server_saw_what_is_counted(self, script):
        outcome = load_test(script.url, concurrency=(1, 4), batch_sizes=(1, 3), requests=6)
        asked = [body["inputs"]["text"] for body in script.predictions]
        assert len(asked) == 1 + sum(
            point.answered for point in outcome.points
        )  # the first only looks whether it works
        assert [len(texts) for texts in asked] == [1] * 13 + [3] * 12

    def test_the_warm_up_does_not_count(self, script):
        outcome = load_test(script.url, concurrency=(2,), warmup=300.0, timeout=1.0, requests=6)
        assert len(script.predictions) == 1 + 6 + 6
        assert outcome.points[0].answered == 6

    def test_texts_of_ones_own_take_turns(self, script):
        load_test(script.url, ["eins", "zwei", "drei"], concurrency=(1,), batch_sizes=(2,), requests=3)
        sent = [body["inputs"]["text"] for body in script.predictions[1:]]
        assert sent == [["eins", "zwei"], ["drei", "eins"], ["zwei", "drei"]]

    def test_failures_add_up(self, script):
        def fail_from_now_on(outcome):
            if not outcome.points:
                for _ in range(3):
                    script.say(503)
                    script.say(400)
                    script.say(200, {"outputs": 5, "more": "than one"})
                    script.hang_up()

        (point,) = load_test(script.url, concurrency=(4,), keep=fail_from_now_on, requests=30).points
        # A request whose connection had been used before is sent again, so that some may be answered after all.
        assert point.answered + point.failed == 30
        assert (point.errors["UNAVAILABLE"], point.errors["INVALID_ARGUMENT"]) == (3, 3)
        assert point.errors[UNREADABLE] == 3
        assert point.errors.get(NO_CONNECTION, 0) <= 3
        assert set(point.messages) == set(point.errors)

    def test_an_open_loop(self, server):
        outcome = load_test(server.rest_url, rates=(200.0,), seconds=0.2)
        (point,) = outcome.points
        assert (point.answered, point.failed, len(point.late)) == (20, 0, 20)
        assert point.level == Level(rate=200.0)

    def test_processors_and_memory_of_the_server(self, server):
        (point,) = load_test(server.rest_url, concurrency=(2,), pid=os.getpid()).points
        assert point.resources.peak_bytes >= point.resources.resident_bytes > 10**7
        assert point.resources.server_cpu >= 0

    def test_progress_ends_at_the_end(self, server):
        seen = []
        load_test(server.rest_url, concurrency=(1, 2), progress=lambda *report: seen.append(report))
        assert seen[-1][:2] == (600, 600)
        assert seen[0] == (0, 600, "1 at a time, batch 1")
        assert [done for done, *_ in seen] == sorted(done for done, *_ in seen)


class TestInterruptions:
    @pytest.mark.parametrize("transport", ["rest_url", "grpc_url"])
    def test_a_server_that_dies(self, base_path, transport):
        with ModelServer(base_path, grace=0.0) as server:

            def kill(outcome):
                if outcome.points:
                    server.stop()

            outcome = load_test(getattr(server, transport), concurrency=(1, 2, 4), keep=kill, requests=100)
        assert outcome.stopped == GONE
        first, second = outcome.points
        assert (first.answered, first.failed, first.ended) == (100, 0, WHOLE)
        assert (second.answered, second.ended, set(second.errors)) == (0, GONE, {NO_CONNECTION})
        assert second.requests_per_second == 0 and second.latency["p99"] is None

    @pytest.fixture
    def python_listens(self):
        """Python's own answer to Ctrl-C, which a process started in the background does not have."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)

    def test_ctrl_c_keeps_what_was_measured(self, script, python_listens):
        def press(done, total, note=""):
            if len(script.asked) > 20:
                signal.raise_signal(signal.SIGINT)

        outcome = load_test(script.url, concurrency=(1, 2, 4), requests=50_000, progress=press)
        assert outcome.stopped == INTERRUPTED
        (point,) = outcome.points
        assert point.ended == INTERRUPTED and point.answered >= 10
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class TestMistakes:
    def test_another_machine(self):
        with pytest.raises(InputError, match="192.0.2.1 is not this machine"):
            load_test("http://192.0.2.1:8501")
        with pytest.raises(InputError, match="--pid is for a server of this machine"):
            load_test("http://192.0.2.1:8501", allow_remote=True, pid=1)

    def test_nothing_is_sent_before_all_is_checked(self, script):
        with pytest.raises(InputError, match="no process of this machine"):
            load_test(script.url, pid=2**22 + 1)
        with pytest.raises(InputError, match="--pair goes with --texts"):
            load_test(script.url, pairs=["a"])
        assert not script.predictions

    def test_no_server(self, script):
        script.say(404)
        with pytest.raises(InputError, match="the server has no model 'other'"):
            load_test(script.url, model="other")
        with pytest.raises(InputError, match="no server's URL"):
            load_test("127.0.0.1:8501")

    def test_texts_that_do_not_fit(self, server):
        with pytest.raises(InputError, match="takes text alone, no pairs"):
            load_test(server.rest_url, ["a"], ["b"])

    def test_a_folder_that_cannot_be_written_is_found_out_first(self, script):
        def refuse(outcome):
            raise InputError("cannot write")

        with pytest.raises(InputError, match="cannot write"):
            load_test(script.url, keep=refuse)
        assert len(script.predictions) == 1
