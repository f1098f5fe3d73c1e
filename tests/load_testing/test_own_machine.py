"""Which servers may be tested without being asked twice."""

import socket

import pytest

from rembert_tf.errors import InputError
from rembert_tf.load_testing.own_machine import require_allowed
from rembert_tf.serving.client.target import read_address


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_this_machine(scheme, host):
    assert require_allowed(read_address(f"{scheme}://{host}:8501"), allow_remote=False)


@pytest.mark.parametrize("host", ["192.0.2.1", "8.8.8.8", "[2001:db8::1]", "[::ffff:192.0.2.1]", "0.0.0.0", "[::]"])
def test_other_machines_need_a_word_more(host):
    address = read_address(f"http://{host}:8501")
    with pytest.raises(InputError, match="is not this machine.*--allow-remote"):
        require_allowed(address, allow_remote=False)
    assert not require_allowed(address, allow_remote=True)


def resolve_to(monkeypatch, *addresses):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: found)


def test_a_name_is_looked_up(monkeypatch):
    """A name that only sounds like this machine, or stands for several, is another one."""
    resolve_to(monkeypatch, "192.0.2.7")
    with pytest.raises(InputError, match="localhost.example is not this machine"):
        require_allowed(read_address("http://localhost.example"), allow_remote=False)
    resolve_to(monkeypatch, "127.0.0.1", "192.0.2.7")
    with pytest.raises(InputError, match="is not this machine"):
        require_allowed(read_address("http://both.example"), allow_remote=False)
    resolve_to(monkeypatch, "127.0.0.1", "127.0.1.1")
    assert require_allowed(read_address("http://mine.example"), allow_remote=False)


def test_an_unknown_name(monkeypatch):
    def fail(*arguments, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(InputError, match="nowhere.example is no known host"):
        require_allowed(read_address("http://nowhere.example"), allow_remote=False)
