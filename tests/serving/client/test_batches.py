"""Large inputs in several requests, and models that change between them."""

import threading

import pytest

from rembert_tf.errors import InputError
from rembert_tf.serving import Client
from rembert_tf.serving.client import ModelServerError
from tests.serving import scripted_server
from tests.serving.scripted_server import ECHO_METADATA


class TestBatches:
    def test_large_inputs_are_cut(self, script, ask_echo):
        texts = [str(number) for number in range(103)]
        assert ask_echo(texts, batch_size=10) == texts
        assert sorted(len(body["inputs"]["text"]) for body in script.predictions) == [3] + [10] * 10

    def test_thirty_two_by_default(self, script, ask_echo):
        ask_echo(["a"] * 65)
        assert sorted(len(body["inputs"]["text"]) for body in script.predictions) == [1, 32, 32]

    def test_no_request_without_rows(self, script, ask_echo):
        assert ask_echo([]) == []
        assert script.predictions == []

    def test_a_refused_batch_fails_the_call(self, script, ask_echo):
        script.say(200, ECHO_METADATA)
        script.say(200, {"outputs": ["a"]})
        script.say(400, {"error": "the second batch is refused"})
        with pytest.raises(ModelServerError, match="the second batch is refused"):
            ask_echo(["a", "b"], batch_size=1, concurrency=1)

    def test_only_so_many_at_a_time(self, ask_echo, script, monkeypatch):
        lock, gate, running, most = threading.Lock(), threading.Barrier(3), [0], [0]
        echo = scripted_server.echo

        def slow_echo(body):
            if not body:
                return echo(body)
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            gate.wait(timeout=30)  # three are under way together, or the test fails here
            with lock:
                running[0] -= 1
            return echo(body)

        monkeypatch.setattr(scripted_server, "echo", slow_echo)
        assert ask_echo(list("abcdef"), batch_size=1, concurrency=3) == list("abcdef")
        assert most == [3]

    def test_predict_is_one_request_unless_it_is_told_otherwise(self, script):
        with Client(script.url, batch_size=2) as client:
            assert client.predict({"text": list("abc")})["text"].tolist() == list("abc")
            assert len(script.predictions) == 1
            assert client.predict({"text": list("abc")}, batch_size=2)["text"].tolist() == list("abc")
            assert len(script.predictions) == 3

    def test_an_answer_without_a_row_for_each_text(self, script, ask_echo):
        script.say(200, ECHO_METADATA)
        script.say(200, {"outputs": ["a", "b"]})
        with pytest.raises(InputError, match="no row for each input"):
            ask_echo(["a", "b"], batch_size=1, concurrency=1)


class TestChangedModels:
    def test_other_outputs_are_learnt(self, script, ask_echo):
        text = scripted_server.TEXT
        signature = {"inputs": {"text": text}, "outputs": {"old": text, "older": text}}
        script.say(200, scripted_server.metadata(signature))
        script.say(200, {"outputs": {"new": ["a"], "newer": ["a"]}})
        assert ask_echo(["a"]) == ["a"]
