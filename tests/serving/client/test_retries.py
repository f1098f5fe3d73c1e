"""Which requests the client repeats, when, and for how long."""

import pytest

from rembert_tf.serving import Client
from rembert_tf.serving.client import ModelServerError, RetryPolicy, UnreachableServerError
from rembert_tf.serving.client.errors import no_answer
from rembert_tf.serving.client.retries import Attempts
from tests.serving.client.conftest import AT_ONCE
from tests.serving.scripted_server import ECHO_METADATA


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class TestRetryPolicy:
    def test_pauses_double_up_to_a_limit(self):
        policy = RetryPolicy(first_pause=0.5, longest_pause=3.0, random=lambda: 1.0)
        assert [policy.pause(failures) for failures in (1, 2, 3, 4, 5000)] == [0.5, 1, 2, 3, 3]

    def test_half_of_a_pause_is_random(self):
        assert RetryPolicy(first_pause=1.0, random=lambda: 0.0).pause(1) == 0.5
        assert RetryPolicy(first_pause=1.0, random=lambda: 0.5).pause(1) == 0.75

    def attempts(self, timeout=10.0, **options):
        self.clock = Clock()
        policy = RetryPolicy(first_pause=1.0, clock=self.clock, random=lambda: 1.0, **options)
        return Attempts(policy, "http://there", timeout)

    def test_attempts_share_the_time(self):
        attempts = self.attempts()
        assert attempts.seconds_left() == 10
        self.clock.now += 4
        assert attempts.pause_after(no_answer("http://there", "refused")) == 1
        assert attempts.seconds_left() == 6
        self.clock.now += 6
        with pytest.raises(UnreachableServerError, match="http://there did not answer within 10 seconds"):
            attempts.seconds_left()

    def test_no_pause_that_outlasts_the_time(self):
        attempts = self.attempts(timeout=0.9)
        refusal = no_answer("http://there", "refused")
        with pytest.raises(UnreachableServerError, match="refused"):
            attempts.pause_after(refusal)

    def test_the_server_may_ask_for_a_longer_pause(self):
        attempts = self.attempts()
        assert attempts.pause_after(ModelServerError("full", "UNAVAILABLE", retry_after=7.0)) == 7
        assert attempts.pause_after(ModelServerError("full", "UNAVAILABLE", retry_after=0.5)) == 2
        with pytest.raises(ModelServerError, match="full"):
            attempts.pause_after(ModelServerError("full", "UNAVAILABLE", retry_after=60.0))

    def test_only_so_many(self):
        attempts = self.attempts(retries=2, longest_pause=1.0)
        busy = ModelServerError("full", "RESOURCE_EXHAUSTED")
        assert [attempts.pause_after(busy), attempts.pause_after(busy)] == [1, 1]
        with pytest.raises(ModelServerError):
            attempts.pause_after(busy)

    @pytest.mark.parametrize(
        "error",
        [
            ModelServerError("late", "DEADLINE_EXCEEDED"),
            ModelServerError("wrong", "INVALID_ARGUMENT"),
            ModelServerError("nothing", "NOT_FOUND"),
            ModelServerError("defect", "INTERNAL"),
            ModelServerError("Sent message larger than max (9 vs. 4)", "RESOURCE_EXHAUSTED"),
            no_answer("http://there", "certificate", repeatable=False),
        ],
    )
    def test_what_is_not_repeated(self, error):
        with pytest.raises(type(error)):
            self.attempts().pause_after(error)

    def test_a_request_that_took_all_the_time_is_not_repeated(self):
        with pytest.raises(UnreachableServerError, match="did not answer within 10 seconds"):
            self.attempts().pause_after(TimeoutError())


class TestRetries:
    def test_a_busy_server_is_asked_again(self, script, ask_echo):
        script.say(503)
        script.say(429)
        script.hang_up()
        assert ask_echo(["a"]) == ["a"]
        assert [method for _, method, _, _, _ in script.asked][-1] == "POST"

    @pytest.mark.parametrize("status", [503, 429])
    def test_it_gives_up(self, script, ask_echo, status):
        for _ in range(4):
            script.say(status)
        with pytest.raises(ModelServerError, match="told to"):
            ask_echo(["a"])
        assert len(script.asked) == 4

    @pytest.mark.parametrize("status", [400, 404, 409, 413, 500, 501, 504])
    def test_other_refusals_are_final(self, script, ask_echo, status):
        script.say(status)
        with pytest.raises(ModelServerError):
            ask_echo(["a"])
        assert len(script.asked) == 1

    def test_without_retries(self, script, ask_echo):
        script.say(503)
        with pytest.raises(ModelServerError):
            ask_echo(["a"], retries=0)
        assert len(script.asked) == 1

    @pytest.mark.parametrize("page", [b"<html>overloaded", b"", b"[]", b"[" * 100_000])
    def test_pages_of_a_proxy(self, script, ask_echo, page):
        script.answers.append((503, {}, page))
        assert ask_echo(["a"]) == ["a"]
        script.answers.append((200, {}, page))
        with pytest.raises(UnreachableServerError, match="no JSON: it is no model server"):
            ask_echo(["a"])

    def test_retry_after(self, script, monkeypatch):
        pauses = []
        monkeypatch.setattr("rembert_tf.serving.client.client.time.sleep", pauses.append)
        script.say(503, retry_after="7")
        script.say(429, date="Wed, 21 Oct 2015 07:28:00 GMT", retry_after="Wed, 21 Oct 2015 07:28:09 GMT")
        script.say(503, retry_after="soon")
        with Client(script.url, retries=AT_ONCE) as client:
            client.ask(["a"])
        assert pauses[:2] == [7, 9]
        assert pauses[2] == 0

    def test_a_server_that_trickles_is_given_up(self, script, ask_echo):
        # The body never comes, though the head has: the time is for the whole answer.
        script.answers.append((200, {"Content-Length": "100"}, b"{"))
        with pytest.raises(UnreachableServerError, match="did not answer within 0.2 seconds"):
            ask_echo(["a"], timeout=0.2)

    def test_an_answer_in_an_unknown_form(self, script, ask_echo):
        for document in ({"outputs": [1, 2]}, {"outputs": {"b64": 1}}, {"predictions": []}):
            script.say(200, ECHO_METADATA)
            script.say(200, document)
            with pytest.raises(UnreachableServerError, match="answers in an unknown form"):
                ask_echo(["a"])
