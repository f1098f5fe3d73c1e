"""The servers that the contract tests ask: the embedded one, and TensorFlow's where it is installed."""

import dataclasses
import json
import shutil

import grpc
import pytest
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.settings import ServerSettings
from tests.serving.contract import model_server_binary
from tests.serving.http_requests import request as http_request

MONITORING_PATH = "/monitoring/prometheus/metrics"
MONITORING_CONFIG = f'prometheus_config {{ enable: true path: "{MONITORING_PATH}" }}\n'

TARGETS = ["embedded", *([model_server_binary.BINARY] if model_server_binary.is_installed() else [])]

# Both versions of the zoo, and a label for each.
MODEL_CONFIG = """
model_config_list {{
  config {{
    name: "zoo"
    base_path: "{base_path}"
    model_platform: "tensorflow"
    model_version_policy {{ all {{ }} }}
    version_labels {{ key: "stable" value: 1 }}
    version_labels {{ key: "canary" value: 12 }}
  }}
}}
"""


@dataclasses.dataclass(frozen=True)
class Target:
    """A running server: its ports, whether it is the embedded one, and the configuration it was started with."""

    rest_port: int
    grpc_port: int
    is_embedded: bool
    model_config: str


@pytest.fixture(scope="session")
def versions_path(base_path, tmp_path_factory):
    """The zoo's versions 1 and 00012, and a folder that is none."""
    folder = tmp_path_factory.mktemp("contract")
    for name in ("1", "00012"):
        shutil.copytree(base_path / name, folder / name)
    (folder / "backup").mkdir()
    return folder


@pytest.fixture(scope="session", params=TARGETS)
def target(request, versions_path, tmp_path_factory):
    """A `Target`; one server for all tests."""
    folder = tmp_path_factory.mktemp("configuration")
    model_config = MODEL_CONFIG.format(base_path=versions_path)
    (folder / "models.config").write_text(model_config)
    (folder / "monitoring.config").write_text(MONITORING_CONFIG)
    if request.param == "embedded":
        settings = ServerSettings(monitoring_path=MONITORING_PATH, allow_labels_for_unavailable=True)
        with ModelServer(model_config_file=folder / "models.config", settings=settings) as server:
            yield Target(server.rest_port, server.grpc_port, True, model_config)
        return
    files = (folder / "models.config", folder / "monitoring.config")
    with model_server_binary.model_server(*files, folder, "zoo", {1, 12}) as (rest_port, grpc_port):
        yield Target(rest_port, grpc_port, False, model_config)


@pytest.fixture
def call(target):
    """Sends one request to the REST interface: (status, headers, body)."""
    return lambda method, path, body=None: http_request(target.rest_port, method, path, body)


@pytest.fixture
def post(call):
    """Posts to a method of the zoo: (status, parsed answer); `path` stands after the model's name."""

    def post(body, path=":predict"):
        status, headers, content = call("POST", f"/v1/models/zoo{path}", body)
        assert headers["Content-Type"] == "application/json"
        return status, json.loads(content)

    return post


@pytest.fixture
def get(call):
    """Gets a path: (status, parsed answer)."""

    def get(path):
        status, headers, content = call("GET", path)
        assert headers["Content-Type"] == "application/json"
        return status, json.loads(content)

    return get


@pytest.fixture
def refused(target, post):
    """Asserts that a request is refused.

    `contract` are words that the contract quotes, and any server must say; `ours` are words of the embedded
    server, which the real one may put otherwise.
    """

    def refused(body, path=":predict", *, status=400, contract="", ours=""):
        code, answer = post(body, path)
        assert code == status, answer
        assert list(answer) == ["error"]
        assert answer["error"]
        assert contract in answer["error"]
        if target.is_embedded:
            assert ours in answer["error"]

    return refused


@pytest.fixture(scope="session")
def channel(target):
    with grpc.insecure_channel(f"127.0.0.1:{target.grpc_port}") as channel:
        yield channel


@pytest.fixture(scope="session")
def predictions(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="session")
def models(channel):
    return model_service_pb2_grpc.ModelServiceStub(channel)


@pytest.fixture
def grpc_refused(target):
    """Asserts that a gRPC request is refused with a code; words as of `refused`."""

    def grpc_refused(method, message, code, *, contract="", ours="", timeout=60):
        with pytest.raises(grpc.RpcError) as failure:
            method(message, timeout=timeout)
        assert failure.value.code() == code, failure.value.details()
        assert contract in failure.value.details()
        if target.is_embedded:
            assert ours in failure.value.details()
        return failure.value.details()

    return grpc_refused
