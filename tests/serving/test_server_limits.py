"""Limits of the REST transport: sizes, times, and how many at once; with an interface that computes nothing."""

import asyncio
import contextlib
import gzip
import json
import socket
import threading

import pytest

from rembert_tf.serving.server.connection_guard import ConnectionGuard
from rembert_tf.serving.server.request_body import BODIES_AT_ONCE
from rembert_tf.serving.server.rest_api import RestApi
from rembert_tf.serving.server.rest_server import RestServer
from rembert_tf.serving.server.settings import WAITING_PER_THREAD, ServerSettings
from rembert_tf.serving.server.traffic import RequestRecord, Traffic
from tests.serving.http_requests import PREDICT, exchange, head, request

LIMIT = 100_000


class Api:
    """Answers every request with the size of its body, once the gate is open."""

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)

    def answer(self, method, path, body, record, waited):
        self.entered.release()
        self.gate.wait()
        return 200, json.dumps(len(body)).encode()


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def start(api):
    """Starts a server with settings; returns its port."""
    with contextlib.ExitStack() as stack:

        def start(threads=1, **settings):
            settings = ServerSettings(**{"max_body_bytes": LIMIT, "grace": 0, **settings})
            server = RestServer(api, "127.0.0.1", 0, threads, settings, Traffic(settings))
            server.start()
            stack.callback(server.stop)
            return server.port

        yield start
        api.gate.set()


def chunked(size, pieces):
    piece = f"{size:x}\r\n".encode() + b" " * size + b"\r\n"
    return head("POST", PREDICT, "Transfer-Encoding: chunked") + piece * pieces + b"0\r\n\r\n"


class TestSize:
    def test_up_to_the_limit(self, start):
        port = start()
        assert request(port, body=b" " * LIMIT)[::2] == (200, b"%d" % LIMIT)
        assert exchange(port, chunked(LIMIT // 10, 10))[0] == 200

    def test_beyond_it(self, start, api):
        port = start()
        status, _, content = request(port, body=b" " * (LIMIT + 1))
        assert status == 413
        assert json.loads(content) == {"error": f"The request body is larger than {LIMIT} bytes"}
        assert exchange(port, chunked(LIMIT // 10, 11))[0] == 413
        assert not api.entered.acquire(blocking=False)

    def test_an_announced_size_is_refused_before_a_byte_of_it_arrives(self, start):
        for more in ((), ("Expect: 100-continue",)):
            with socket.create_connection(("127.0.0.1", start()), timeout=60) as connection:
                connection.sendall(head("POST", PREDICT, f"Content-Length: {10**15}", *more))
                assert connection.recv(12) == b"HTTP/1.1 413"

    def test_a_body_that_is_asked_for(self, start):
        with socket.create_connection(("127.0.0.1", start()), timeout=60) as connection:
            connection.sendall(head("POST", PREDICT, "Content-Length: 2", "Expect: 100-continue"))
            assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b"{}")
            assert connection.recv(12) == b"HTTP/1.1 200"

    def test_a_bomb(self, start):
        port = start()
        for body, status in ((b" " * LIMIT, 200), (b" " * 50_000_000, 413), (None, 400)):
            packed = b"this is no gzip" if body is None else gzip.compress(body)
            assert request(port, body=packed, headers={"Content-Encoding": "gzip"})[0] == status


class TestSlowClients:
    @pytest.mark.parametrize("sent", [b"", b"POST", head()[:-2], b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET"])
    def test_a_head_that_never_ends(self, start, sent):
        status, _ = exchange(start(read_timeout=0.2), sent)
        assert status in (None, 404)

    def test_a_body_that_never_ends(self, start):
        port = start(read_timeout=0.2)
        for fields, part in (("Content-Length: 9", b"{"), ("Transfer-Encoding: chunked", b"1\r\n{\r\n")):
            status, received = exchange(port, head("POST", PREDICT, fields) + part)
            assert status == 408
            assert b"did not arrive within 0.2 seconds" in received

    def test_they_hold_no_thread(self, start):
        port = start(threads=1)
        with contextlib.ExitStack() as stack:
            for number in range(60):
                slow = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                slow.sendall(head("POST", PREDICT, "Content-Length: 9")[: 20 + number * 3])
            assert request(port, body=b"{}")[0] == 200

    def test_an_answer_that_nobody_reads(self, start, api):
        port = start(read_timeout=0.2)
        api.answer = lambda *arguments: (200, b" " * 50_000_000)
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(head("POST", PREDICT, "Content-Length: 0"))
            connection.recv(12)
            assert exchange(port, head("GET", "/"))[0] == 404
            with pytest.raises(OSError):  # reset in the end, though bytes of the request may still be sent first
                while True:
                    connection.sendall(b" " * 65536)


class TestHalfClosedConnections:
    def test_a_complete_request_is_answered(self, start):
        message = head("POST", PREDICT, "Content-Length: 2") + b"{}"
        assert exchange(start(), message, half_close=True)[0] == 200

    def test_a_request_that_is_being_computed_is_answered(self, start, api):
        port = start()
        api.gate.clear()
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(head("POST", PREDICT, "Content-Length: 2") + b"{}")
            assert api.entered.acquire(timeout=60)
            connection.shutdown(socket.SHUT_WR)
            assert request(port, "GET", "/")[0] == 404
            api.gate.set()
            assert connection.recv(12) == b"HTTP/1.1 200"

    @pytest.mark.parametrize(
        "message, status",
        [
            (head("POST", PREDICT, "Content-Length: 9") + b"{}", 400),
            (head("POST", PREDICT, "Transfer-Encoding: chunked") + b"2\r\n{}\r\n", 400),
            (head()[:-2], None),
            (b"", None),
        ],
    )
    def test_a_truncated_request(self, start, message, status):
        assert exchange(start(), message, half_close=True)[0] == status


class TestCrowds:
    def test_requests_beyond_the_queue_are_refused(self, start, api):
        port, places = start(threads=1), 1 + WAITING_PER_THREAD
        api.gate.clear()
        with contextlib.ExitStack() as stack:
            waiting = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(places)]
            for connection in waiting:
                connection.sendall(head("POST", PREDICT, "Content-Length: 2") + b"{}")
            status = 200
            while status != 503:  # until the last of them has been read
                with socket.create_connection(("127.0.0.1", port)) as one_more:
                    one_more.sendall(head("POST", PREDICT, "Content-Length: 2") + b"{}")
                    one_more.settimeout(0.05)
                    with contextlib.suppress(TimeoutError):
                        status = int(one_more.recv(65536).split()[1])
            api.gate.set()
            assert {connection.recv(12) for connection in waiting} <= {b"HTTP/1.1 200", b"HTTP/1.1 503"}
        assert request(port, body=b"{}")[0] == 200

    def test_large_bodies_share_a_bounded_memory(self, start, api):
        port = start(threads=100)
        api.gate.clear()
        message = head("POST", PREDICT, f"Content-Length: {LIMIT}") + b" " * LIMIT
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(BODIES_AT_ONCE)]
            for connection in held:
                connection.sendall(message)
                assert api.entered.acquire(timeout=60)
            assert exchange(port, message)[0] == 503
            api.gate.set()
            assert [connection.recv(12) for connection in held] == [b"HTTP/1.1 200"] * BODIES_AT_ONCE
        assert exchange(port, message)[0] == 200

    def test_connections_beyond_the_limit_are_refused(self):
        async def main():
            guard = ConnectionGuard(asyncio.Protocol, seconds=60, max_connections=2)
            listener = await asyncio.get_running_loop().create_server(guard, "127.0.0.1", 0)
            port = listener.sockets[0].getsockname()[1]
            kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
            for _, each in [*kept, (reader, writer)]:
                each.close()
            listener.close()

        asyncio.run(main())


def test_the_time_in_the_queue_counts():
    record = RequestRecord("REST")
    status, _ = RestApi(repository=None, timeout=5).answer("POST", PREDICT, b"{}", record, waited=5.1)
    assert (status, record.status) == (504, "DEADLINE_EXCEEDED")
