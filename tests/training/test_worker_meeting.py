"""Workers wait for each other, say for whom, and give up in time."""

import contextlib
import logging
import socket
import threading

import pytest

from rembert_tf.errors import InputError
from rembert_tf.training.cluster import Cluster
from rembert_tf.training.worker_meeting import LIMIT, meet
from tests.training.workers import free_ports

PATIENCE = 60  # seconds; all here takes less than two


@pytest.fixture
def hosts():
    return tuple(f"localhost:{port}" for port in free_ports(3))


class Arrival:
    """A worker that comes to the meeting, in a thread."""

    def __init__(self, hosts, index, **settings):
        self.problem = None
        self.cluster, self.settings = Cluster(len(hosts), index, hosts), {"limit": PATIENCE, **settings}
        self.thread = threading.Thread(target=self._come, daemon=True)
        self.thread.start()

    def _come(self):
        try:
            meet(self.cluster, **self.settings)
        except InputError as problem:
            self.problem = str(problem)

    def end(self):
        """Returns what it raised, or None."""
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        return self.problem


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_all_go_when_the_last_has_come(name, order):
    *first, last = order
    hosts = tuple(f"{name}:{port}" for port in free_ports(3))
    early = [Arrival(hosts, index) for index in first]
    for each in early:
        each.thread.join(0.3)
        assert each.thread.is_alive()
    assert [each.end() for each in [*early, Arrival(hosts, last)]] == [None] * 3
    with socket.create_server(("", int(hosts[0].rpartition(":")[2]))):
        pass  # the port is free again, for TensorFlow


def test_those_who_are_missing_are_named(hosts, caplog):
    with caplog.at_level(logging.WARNING, "rembert_tf"):
        chief = Arrival(hosts, 0, limit=1.2, notice_after=0.1)
        third = Arrival(hosts, 2, limit=3.6, notice_after=0.1)
        assert f"waited 1.2 s in vain for worker 1 at {hosts[1]}: start all workers" in chief.end()
        assert f"worker 0 at {hosts[0]}" in third.end()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2 and all(message.startswith("waiting for ") for message in said)


def test_one_that_left_again_is_missing(hosts):
    chief = Arrival(hosts, 0, limit=3)
    assert "in vain for" in Arrival(hosts, 1, limit=0.7).end()
    assert Arrival(hosts, 2, limit=2).end() is not None
    assert f"worker 1 at {hosts[1]}" in chief.end()


def test_other_callers_are_passed_over(hosts):
    chief = Arrival(hosts, 0)
    address = hosts[0].rpartition(":")
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"[]\n", b'{"worker": 1}\n', b"\xff\n"):
        with contextlib.suppress(OSError), socket.create_connection((address[0], int(address[2])), PATIENCE) as caller:
            caller.sendall(said)
    assert [each.end() for each in (Arrival(hosts, 1), Arrival(hosts, 2), chief)] == [None] * 3


def test_what_listens_there_may_be_something_else(hosts):
    """As a worker of the last run, which has not noticed yet that it is over."""
    with socket.create_server(("127.0.0.1", int(hosts[0].rpartition(":")[2]))) as other:
        worker = Arrival(hosts, 1)
        caller, _ = other.accept()
        with caller:
            caller.sendall(b"\0\0\x18\x04")
    assert [each.end() for each in (Arrival(hosts, 0), Arrival(hosts, 2), worker)] == [None] * 3


def test_workers_that_were_told_different_hosts(hosts):
    chief = Arrival(hosts, 0)
    assert "TF_CONFIG must agree" in Arrival((hosts[0], "elsewhere:1", hosts[2]), 1).end()
    assert [each.end() for each in (Arrival(hosts, 1), Arrival(hosts, 2), chief)] == [None] * 3


def test_a_port_that_is_taken():
    with socket.create_server(("", 0)) as other:
        hosts = (f"localhost:{other.getsockname()[1]}", "localhost:1")
        with pytest.raises(InputError, match="worker 0 cannot listen at localhost:.*in use"):
            meet(Cluster(2, 0, hosts))


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan"])
def test_an_impossible_limit(text, monkeypatch):
    monkeypatch.setenv(LIMIT, text)
    with pytest.raises(InputError, match="REMBERT_TF_WORKER_WAIT must be a number of seconds above 0"):
        meet(Cluster(2, 0, ("localhost:1", "localhost:2")))


def test_the_limit_of_the_environment(hosts, monkeypatch):
    monkeypatch.setenv(LIMIT, "0.1")
    assert Arrival(hosts, 1, limit=None).end().startswith("waited 0.1 s in vain")
