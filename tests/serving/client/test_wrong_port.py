"""One port of a server asked in the language of the other."""

import asyncio
import http.client

import pytest

from rembert_tf.cli.main import run
from rembert_tf.serving import AsyncClient, Client
from rembert_tf.serving.client import UnreachableServerError
from rembert_tf.serving.client.failed_connections import rest_failure
from rembert_tf.serving.client.target import read_address


@pytest.fixture(params=["rest", "grpc"])
def wrong(request, server):
    """(URL of one port with the other's scheme, the right URL, words of the message)."""
    if request.param == "rest":
        return server.grpc_url.replace("grpc://", "http://"), server.grpc_url, ("like a gRPC port", "--rest-port")
    return server.rest_url.replace("http://", "grpc://"), server.rest_url, ("like a REST port", "--grpc-port")


def check_sentence(message, wrong):
    url, right, words = wrong
    assert message.startswith(f"{url} answers ") and f"write {right}, or" in message
    assert all(word in message for word in words) and "no model server" not in message


def test_both_clients_name_the_right_url_at_once(wrong):
    async def ask():
        async with AsyncClient(wrong[0]) as client:
            await client.status()

    with Client(wrong[0]) as client, pytest.raises(UnreachableServerError) as waiting:
        client.status()
    with pytest.raises(UnreachableServerError) as awaited:
        asyncio.run(ask())
    for failure in (waiting.value, awaited.value):
        check_sentence(str(failure), wrong)
        assert not failure.repeatable


@pytest.mark.parametrize("command", [("load-test",), ("query", "a text")], ids=lambda command: command[0])
def test_the_commands_say_it_in_one_line(wrong, command, capfd):
    name, *texts = command
    assert run([name, wrong[0], *texts]) == 2
    out, err = capfd.readouterr()
    [line] = err.splitlines()
    assert out == ""
    check_sentence(line.removeprefix("rembert: "), wrong)


@pytest.mark.parametrize("url, right", [("http://h", "grpc://h:80"), ("https://[::1]", "grpcs://[::1]:443")])
def test_grpc_has_no_port_of_its_own(url, right):
    line = "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00@\x00"  # SETTINGS with one setting (RFC 9113, 6.5)
    assert f"write {right}, or" in str(rest_failure(read_address(url), http.client.BadStatusLine(line)))


def test_other_rubbish_is_no_grpc_port(script):
    """A server that hangs up speaks neither."""
    script.hang_up()
    with Client(script.url, retries=0) as client, pytest.raises(UnreachableServerError) as hung:
        client.status()
    assert "no model server answers" in str(hung.value)
    assert hung.value.repeatable
