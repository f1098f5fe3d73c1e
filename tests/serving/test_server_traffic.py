"""What the embedded server tells of its traffic: Prometheus metrics and the access log; and who may call it."""

import io
import json
import re

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.batching_parameters import BatchingParameters
from rembert_tf.serving.server.settings import ServerSettings
from tests.serving.http_requests import echo, request

PATH = "/monitoring/prometheus/metrics"
SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)')


@pytest.fixture(scope="module")
def log():
    return io.StringIO()


@pytest.fixture(scope="module")
def server(base_path, log):
    settings = ServerSettings(
        monitoring_path=PATH, access_log=log, enable_cors=True, batching=BatchingParameters(max_batch_size=8)
    )
    with ModelServer(base_path, name="zoo", settings=settings) as running:
        yield running


def samples(server):
    """The metrics page: dict of (name, labels as text) -> number."""
    status, headers, content = request(server.rest_port, "GET", PATH)
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    lines = [line for line in content.decode().splitlines() if not line.startswith("#")]
    return {match.group(1, 2): float(match[3]) for match in map(SAMPLE.fullmatch, lines)}


def change(server, name, labels, action):
    """How much a sample grows through an action."""
    before = samples(server).get((name, labels), 0)
    action()
    return samples(server).get((name, labels), 0) - before


def grpc_predict(server, text):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "zoo", "echo"
    request.inputs["text"].CopyFrom(tf.make_tensor_proto([text]))
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        return prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request)


def lines_of(log, action):
    """The lines that an action adds to the log, parsed."""
    begin = log.tell()
    action()
    return [json.loads(line) for line in log.getvalue()[begin:].splitlines()]


class TestMetrics:
    def test_requests_of_both_interfaces_are_counted_by_status(self, server):
        name, ok = ":tensorflow:serving:request_count", 'model_name="zoo",status="OK"'
        assert change(server, name, ok, lambda: echo(server.rest_port)) == 1
        assert change(server, name, ok, lambda: grpc_predict(server, "a")) == 1
        bad = 'model_name="zoo",status="INVALID_ARGUMENT"'
        assert change(server, name, bad, lambda: request(server.rest_port, body={"instances": [1]})) == 1

    @pytest.mark.parametrize("entrypoint", ["REST", "GRPC"])
    def test_latency_in_microseconds(self, server, entrypoint):
        labels = f'API="Predict",entrypoint="{entrypoint}",model_name="zoo"'
        ask = {"REST": lambda: echo(server.rest_port), "GRPC": lambda: grpc_predict(server, "a")}[entrypoint]
        name = ":tensorflow:serving:request_latency"
        assert change(server, f"{name}_count", labels, ask) == 1
        assert 10 < change(server, f"{name}_sum", labels, ask) < 60e6
        page = samples(server)
        buckets = {key: value for key, value in page.items() if key[0] == f"{name}_bucket" and entrypoint in key[1]}
        assert len(buckets) == 34
        assert max(buckets.values()) == page[f"{name}_count", labels]

    def test_batches(self, server):
        name = ":tensorflow:serving:batching_session:processed_batch_size"
        assert (
            change(server, f"{name}_sum", None, lambda: request(server.rest_port, body={"instances": ["a"] * 5})) == 5
        )
        assert samples(server)["rembert_waiting_batches", 'model_name="zoo",version="12"'] == 0

    def test_versions(self, server):
        assert samples(server)["rembert_model_version", 'model_name="zoo",state="AVAILABLE",version="12"'] == 1

    def test_names_of_models_that_do_not_exist_take_no_room(self, server):
        def ask():
            for number in range(20):
                request(server.rest_port, path=f"/v1/models/lion{number}:predict", body={"instances": ["a"]})

        labels = 'model_name="",status="NOT_FOUND"'
        assert change(server, ":tensorflow:serving:request_count", labels, ask) == 20
        assert not [labels for _, labels in samples(server) if "lion" in (labels or "")]

    def test_there_is_no_page_unless_it_is_wanted(self, base_path):
        with ModelServer(base_path, name="zoo") as plain:
            assert request(plain.rest_port, "GET", PATH)[0] == 404
            status, headers, _ = request(plain.rest_port, "OPTIONS")
            assert status == 400
            assert "Access-Control-Allow-Origin" not in headers


class TestAccessLog:
    def test_a_rest_request(self, server, log):
        body = json.dumps({"signature_name": "echo", "instances": ["secret words"] * 3})
        (line,) = lines_of(log, lambda: request(server.rest_port, body=body))
        assert line.pop("latency_ms") > 0
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
        assert line == {
            "interface": "REST",
            "method": "Predict",
            "model": "zoo",
            "version": 12,
            "signature": "echo",
            "status": "OK",
            "http_status": 200,
            "request_bytes": len(body),
            "response_bytes": len(json.dumps({"predictions": ["secret words"] * 3})),
            "rows": 3,
            "client": "127.0.0.1",
        }
        assert "secret" not in log.getvalue()

    def test_a_grpc_request(self, server, log):
        (line,) = lines_of(log, lambda: grpc_predict(server, "secret words"))
        known = {key: line[key] for key in ("interface", "method", "model", "version", "signature", "status", "rows")}
        assert list(known.values()) == ["GRPC", "Predict", "zoo", 12, "echo", "OK", 1]
        assert line["client"].startswith("ipv4:127.0.0.1:")
        assert line["request_bytes"] > len("secret words")
        assert "secret" not in log.getvalue()

    def test_refused_requests(self, server, log):
        (line,) = lines_of(log, lambda: request(server.rest_port, body={"instances": [1]}))
        assert (line["status"], line["http_status"]) == ("INVALID_ARGUMENT", 400)
        (line,) = lines_of(log, lambda: request(server.rest_port, "GET", "/v1/models/lion"))
        assert (line["method"], line["model"], line["status"]) == ("GetModelStatus", "lion", "NOT_FOUND")

    def test_names_cannot_forge_lines(self, server, log):
        forged = "%0A%7B%22status%22%3A%20%22OK%22%7D%1B%5B2J%E2%80%A8"
        (line,) = lines_of(log, lambda: request(server.rest_port, "GET", f"/v1/models/{forged}/metadata"))
        assert line["model"] == '\n{"status": "OK"}\x1b[2J\u2028'
        assert not re.search(r"[^\n -~]", log.getvalue())
        (line,) = lines_of(log, lambda: request(server.rest_port, "GET", "/v1/models/" + "a" * 5000))
        assert len(line["model"]) == 200

    def test_a_log_that_cannot_be_written_costs_no_answer(self, base_path):
        closed = io.StringIO()
        closed.close()
        with ModelServer(base_path, name="zoo", settings=ServerSettings(access_log=closed)) as server:
            assert echo(server.rest_port) == "a"


class TestOtherOrigins:
    def test_preflight(self, server):
        headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
        status, headers, content = request(server.rest_port, "OPTIONS", headers=headers)
        assert (status, content) == (200, b"")
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "POST" in headers["Access-Control-Allow-Methods"]
        assert "Content-Type" in headers["Access-Control-Allow-Headers"]

    @pytest.mark.parametrize("body", [{"instances": ["a"]}, {"instances": [1]}])
    def test_answers_and_errors(self, server, body):
        _, headers, _ = request(server.rest_port, body=body)
        assert headers["Access-Control-Allow-Origin"] == "*"
