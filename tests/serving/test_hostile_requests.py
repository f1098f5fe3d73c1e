"""Hostile requests: each gets its right status, the server goes on, and its memory stays."""

import gc
import json
import os
import socket
from pathlib import Path

import grpc
import pytest

from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.batching_parameters import BatchingParameters
from rembert_tf.serving.server.settings import ServerSettings
from tests.serving.hostile_bytes import CALLS, STREAMS, calls, streams
from tests.serving.hostile_requests import KINDS, requests
from tests.serving.http_requests import echo, exchange, request

REQUESTS, BYTES = 10, 8  # of each kind, to each server
MEMORY_REQUESTS = 10_000
MEMORY_BYTES = 50 * 2**20


def test_there_are_enough_of_them():
    servers = 2
    assert servers * (REQUESTS * len(KINDS) + BYTES * (len(STREAMS) + len(CALLS))) >= 1000


@pytest.fixture(scope="module", params=["alone", "in batches"])
def server(request, base_path):
    batching = BatchingParameters() if request.param == "in batches" else None
    with ModelServer(base_path, name="zoo", settings=ServerSettings(batching=batching)) as running:
        yield running
        assert echo(running.rest_port) == "a"


@pytest.mark.parametrize("kind", KINDS)
def test_rest_requests(server, kind):
    status, hostile = requests(kind, REQUESTS)
    for path, body in hostile:
        answered, headers, content = request(server.rest_port, "POST", path, body)
        assert answered == status, (path[:200], body[:200], content[:200])
        if path.lower().startswith("/v1/"):
            assert headers["Content-Type"] == "application/json"
            assert status == 200 or list(json.loads(content)) == ["error"]
            assert status == 200 or len(content) < 2000 or len(path) + len(body) > 4000
    assert echo(server.rest_port, "still here") == "still here"


@pytest.mark.parametrize("kind", STREAMS)
def test_streams_of_bytes(server, kind):
    statuses, half_close, hostile = streams(kind, BYTES)
    for data in hostile:
        status, received = exchange(server.rest_port, data, half_close)
        assert status in statuses, (data[:200], received[:200])
    assert echo(server.rest_port, "still here") == "still here"


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        yield channel


@pytest.mark.parametrize("kind", CALLS)
def test_grpc_requests(channel, kind):
    code, method, hostile = calls(kind, BYTES)
    call = channel.unary_unary(f"/tensorflow.serving.PredictionService/{method}")
    for data in hostile:
        with pytest.raises(grpc.RpcError) as failure:
            call(data, timeout=60)
        assert failure.value.code() == code, (data[:200], failure.value.details())


def test_http_on_the_grpc_port(server):
    for data in (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x00" * 1000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 99,
    ):
        with socket.create_connection(("127.0.0.1", server.grpc_port), timeout=60) as connection:
            connection.sendall(data)
            while connection.recv(65536):
                pass


def resident_bytes():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux' /proc")
def test_memory_stays(server):
    def send(count):
        per_kind = count // len(KINDS) + 1
        for kind in KINDS:
            status, hostile = requests(kind, per_kind)
            for path, body in hostile:
                assert request(server.rest_port, "POST", path, body)[0] == status

    send(MEMORY_REQUESTS // 5)
    before = resident_bytes()
    send(MEMORY_REQUESTS)
    assert resident_bytes() - before < MEMORY_BYTES
