"""The client's connections, headers and options; REST without TensorFlow."""

import subprocess
import sys
import textwrap
import threading

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.serving import AsyncClient, Client
from rembert_tf.serving.client import ModelServerError
from tests.serving.scripted_server import scripted_server


class TestConnections:
    def test_one_connection_for_many_requests(self, script, ask_echo):
        assert ask_echo(list("abcdef"), batch_size=1, concurrency=1) == list("abcdef")
        assert len(script.asked) == 7
        assert len({port for port, *_ in script.asked}) == 1

    def test_threads_share_them(self, script):
        with Client(script.url, retries=0) as client:
            client.ask(["a"])
            threads = [threading.Thread(target=client.ask, args=(["b"],)) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(script.asked) == 8
        assert len({port for port, *_ in script.asked}) <= 6

    def test_a_connection_that_the_server_closed_is_replaced(self, script):
        with Client(script.url, retries=0) as client:
            client.signatures()
            script.hang_up()  # what a server does that closes idle connections, seen from here
            assert client.ask(["a"])[0]["text"] == "a"
            script.say(200, {"outputs": ["b"]}, connection="close")
            assert [row["text"] for row in client.ask(["b"])] == ["b"]
            assert client.ask(["c"])[0]["text"] == "c"

    def test_headers(self, script, ask_echo):
        ask_echo(["a"], headers={"Authorization": "Bearer abc", "x-team": "search"})
        for _, _, _, headers, _ in script.asked:
            assert headers["authorization"] == "Bearer abc"
            assert headers["x-team"] == "search"

    def test_no_redirection_is_followed(self, script, ask_echo):
        with scripted_server() as other:
            script.say(307, {"moved": True}, location=f"{other.url}/v1/models/model/metadata")
            with pytest.raises(ModelServerError):
                ask_echo(["a"], headers={"authorization": "secret"})
            assert other.asked == []

    @pytest.mark.parametrize(
        "options, path",
        [
            ({}, "/v1/models/model"),
            ({"model": "a/b é"}, "/v1/models/a%2Fb%20%C3%A9"),
            ({"version": 7}, "/v1/models/model/versions/7"),
            ({"label": "canary"}, "/v1/models/model/labels/canary"),
        ],
    )
    def test_paths(self, script, ask_echo, options, path):
        ask_echo(["a"], **options)
        assert [asked[2] for asked in script.asked] == [f"{path}/metadata", f"{path}:predict"]


class TestArguments:
    @pytest.mark.parametrize(
        "options, message",
        [
            ({"timeout": 0}, "timeout must be a positive number of seconds, not 0"),
            ({"timeout": None}, "timeout must be a positive number"),
            ({"batch_size": 0}, "batch_size must be a positive number of rows"),
            ({"batch_size": 1.5}, "batch_size must be a positive number of rows"),
            ({"concurrency": -1}, "concurrency must be a positive number"),
            ({"retries": -1}, "retries must be 0 or more, not -1"),
            ({"version": 1, "label": "canary"}, r"give a version \(1\) or a label \('canary'\), not both"),
            ({"headers": {"a b": "c"}}, "'a b' is no header's name"),
            ({"headers": {"a": "b\r\nc: d"}}, "the value of header a is not one line"),
            ({"headers": {"a": b"b"}}, "the value of header a is not one line"),
            ({"ca_file": "ca.pem"}, "http://h:1 has no TLS"),
        ],
    )
    def test_out_of_range(self, options, message):
        for kind in (Client, AsyncClient):
            with pytest.raises(InputError, match=message):
                kind("http://h:1", **options)

    def test_a_missing_ca_file(self):
        with pytest.raises(MissingFileError, match="there is no file 'ca.pem'"):
            Client("https://h:1", ca_file="ca.pem")

    def test_a_password_in_the_url_is_not_repeated(self):
        with pytest.raises(InputError, match="send credentials as a header") as failure:
            Client("https://me:secret@h:1")
        assert "secret" not in str(failure.value)


def test_rest_does_without_tensorflow(script):
    """A process that cannot import TensorFlow, gRPC or aiohttp asks a server over REST."""
    program = f"""
        import sys
        for name in ("tensorflow", "grpc", "aiohttp", "tensorflow_serving", "keras"):
            sys.modules[name] = None
        from rembert_tf.serving import Client
        with Client({script.url!r}) as client:
            print(client.ask(["a"])[0]["text"])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.stdout, done.stderr) == ("a\n", "")
