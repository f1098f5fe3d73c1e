"""Loading, ports and limits of the embedded server."""

import socket
import sys

import grpc
import pytest
import tensorflow as tf
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from rembert_tf.errors import InputError, MissingExtraError, MissingFileError
from rembert_tf.serving import server as server_package
from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.settings import ServerSettings
from tests.serving.rest import ask


class TestLoading:
    def test_the_newest_version_alone_is_loaded(self, base_path):
        with ModelServer(base_path) as server:
            assert server.model.version == 12
            body = {"signature_name": "which", "instances": ["a"]}
            assert ask(server, body) == (200, {"predictions": ["v12"]})
            assert ask(server, body, "model/versions/1")[0] == 404

    def test_chosen_versions(self, base_path):
        with ModelServer(base_path, versions=(1,)) as server:
            assert server.model.version == 1
        with pytest.raises(MissingFileError, match="no version 7; it has 1, 12"):
            ModelServer(base_path, versions=(7,)).start()

    def test_base_paths_without_a_model(self, base_path, tmp_path):
        (tmp_path / "latest").mkdir()
        for path, message in [
            (tmp_path / "nowhere", "nowhere does not exist"),
            (tmp_path, "has no version directory"),
            (base_path / "13", "is a file"),
            (base_path / "1", f"is a SavedModel itself.*give its parent, {base_path}"),
        ]:
            with pytest.raises(InputError, match=message):
                ModelServer(path).start()

    def test_version_directories_that_do_not_load(self, tmp_path):
        (tmp_path / "1").mkdir()
        with pytest.raises(InputError, match="1 does not load as a SavedModel: "):
            ModelServer(tmp_path).start()
        (tmp_path / "1" / "saved_model.pb").write_bytes(b"\xffnonsense")
        with pytest.raises(InputError, match="1 does not load as a SavedModel: "):
            ModelServer(tmp_path).start()


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    for module in ("model_server", "rest_server"):
        monkeypatch.delitem(sys.modules, f"rembert_tf.serving.server.{module}", raising=False)
        monkeypatch.delattr(server_package, module, raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'rembert-tf\[serving\]'"):
        server_package.ModelServer  # noqa: B018 - reading the name imports it


class TestPorts:
    @pytest.mark.parametrize("interface", ["rest_port", "grpc_port"])
    def test_a_port_in_use(self, base_path, interface):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(InputError, match=f"port {port} of 127.0.0.1 is in use"):
                ModelServer(base_path, **{interface: port}).start()

    def test_impossible_addresses(self, base_path):
        with pytest.raises(InputError, match="70000 is no port"):
            ModelServer(base_path, rest_port=70000).start()
        with pytest.raises(InputError, match="192.0.2.1 is no address of this machine"):
            ModelServer(base_path, host="192.0.2.1").start()

    def test_ports_are_free_after_stop_and_after_failure(self, one_signature, tmp_path):
        base_path = one_signature("echo")
        first = ModelServer(base_path).start()
        ports = {"rest_port": first.rest_port, "grpc_port": first.grpc_port}
        first.stop()
        first.stop()
        with pytest.raises(InputError):
            ModelServer(tmp_path / "nowhere", **ports).start()
        with ModelServer(base_path, **ports) as second:
            assert ask(second, {"instances": ["a"]}) == (200, {"predictions": ["a"]})
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", ports["rest_port"]))

    def test_only_the_given_interface_is_bound(self, one_signature):
        with ModelServer(one_signature("echo")) as server:
            for port in (server.rest_port, server.grpc_port):
                with pytest.raises(OSError):
                    socket.create_connection(("127.0.0.2", port), timeout=5)


class TestGrpcOptions:
    def test_a_request_over_the_largest_size(self, one_signature):
        settings = ServerSettings(max_message_bytes=10_000)
        with (
            ModelServer(one_signature("echo"), settings=settings) as server,
            grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel,
        ):
            predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
            request = predict_pb2.PredictRequest()
            request.model_spec.name = "model"
            request.inputs["text"].CopyFrom(tf.make_tensor_proto(["a" * 9_000]))
            assert predict(request).outputs["text"].string_val[0] == b"a" * 9_000
            request.inputs["text"].CopyFrom(tf.make_tensor_proto(["a" * 10_000]))
            with pytest.raises(grpc.RpcError) as failure:
                predict(request)
            assert failure.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED

    def test_a_long_message_is_cut_by_bytes(self, one_signature):
        with (
            ModelServer(one_signature("echo")) as server,
            grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel,
        ):
            request = predict_pb2.PredictRequest()
            request.model_spec.name = "語" * 2000
            with pytest.raises(grpc.RpcError) as failure:
                prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request)
            assert failure.value.code() == grpc.StatusCode.NOT_FOUND
            assert failure.value.details().endswith("語...TRUNCATED")
            assert len(failure.value.details().removesuffix("...TRUNCATED").encode()) <= 1024

    def test_health(self, one_signature):
        settings = ServerSettings(enable_health_service=True, grace=0.05)
        with (
            ModelServer(one_signature("echo"), settings=settings) as server,
            grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel,
        ):
            health = health_pb2_grpc.HealthStub(channel)
            watched = health.Watch(health_pb2.HealthCheckRequest())
            assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
            assert health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
            with pytest.raises(grpc.RpcError) as failure:
                health.Check(health_pb2.HealthCheckRequest(service="other"))
            assert failure.value.code() == grpc.StatusCode.NOT_FOUND
            server.stop()
            assert next(watched).status == health_pb2.HealthCheckResponse.NOT_SERVING

    def test_without_the_option_there_is_no_health_service(self, server):
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            with pytest.raises(grpc.RpcError) as failure:
                health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
            assert failure.value.code() == grpc.StatusCode.UNIMPLEMENTED


class TestSettings:
    @pytest.mark.parametrize(
        "field, value, accepted",
        [
            ("threads", 0, "1 or more, or None"),
            ("rest_timeout", 0, "more than 0 seconds"),
            ("read_timeout", float("inf"), "more than 0 seconds"),
            ("grace", -1, "0 seconds or more"),
            ("poll_seconds", float("nan"), "0 seconds or more"),
            ("config_poll_seconds", -0.1, "0 seconds or more"),
            ("load_retry_seconds", -1, "0 seconds or more"),
            ("load_retries", -1, "0 or more"),
            ("max_body_bytes", 0, "1 or more"),
            ("max_message_bytes", 0, "1 to 2147483647, or -1"),
            ("max_message_bytes", 2**31, "1 to 2147483647, or -1"),
            ("monitoring_path", "metrics", "begins with /"),
            ("monitoring_path", "/v1/metrics", "outside of /v1/"),
        ],
    )
    def test_numbers_out_of_range(self, field, value, accepted):
        with pytest.raises(InputError, match=f"{field} is .*{accepted}"):
            ServerSettings(**{field: value})

    def test_keywords_go_before_settings(self, tmp_path):
        settings = ServerSettings(grace=1, rest_timeout=2)
        server = ModelServer(tmp_path, grace=5, settings=settings)
        assert (server.settings.grace, server.settings.rest_timeout) == (5, 2)
