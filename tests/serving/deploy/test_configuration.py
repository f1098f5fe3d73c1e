"""config/: every text is parsed as TensorFlow Serving's message, and served."""

import json
import re

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from tensorflow_serving.config import model_server_config_pb2

from rembert_tf.errors import InputError
from rembert_tf.serving.server.batching_parameters import BatchingParameters
from tests.serving.deploy.files import FILES, METRICS_PATH, container, flags, read_yaml
from tests.serving.http_requests import request

STRING, BOOL, MESSAGE = (
    getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{name}") for name in ("STRING", "BOOL", "MESSAGE")
)
# Not among the compiled messages of tensorflow-serving-api: its config/monitoring_config.proto and ssl_config.proto.
MESSAGES = {
    "PrometheusConfig": [("enable", 1, BOOL), ("path", 2, STRING)],
    "MonitoringConfig": [("prometheus_config", 1, MESSAGE)],
    "SSLConfig": [
        ("server_key", 1, STRING),
        ("server_cert", 2, STRING),
        ("custom_ca", 3, STRING),
        ("client_verify", 4, BOOL),
    ],
}


@pytest.fixture(scope="module")
def messages():
    file = descriptor_pb2.FileDescriptorProto(name="deploy_test.proto", package="deploy_test", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            added = message.field.add(name=field, number=number, type=kind, label=1)
            if kind == MESSAGE:
                added.type_name = ".deploy_test.PrometheusConfig"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = {name: pool.FindMessageTypeByName(f"deploy_test.{name}") for name in MESSAGES}
    return {name: message_factory.GetMessageClass(descriptor) for name, descriptor in found.items()}


def read(name, message):
    return text_format.Parse((FILES / "config" / name).read_text(encoding="utf-8"), message)


def predict(server, place, model="topic"):
    path = f"/v1/models/{model}{place}:predict"
    status, _, content = request(server.rest_port, path=path, body={"instances": ["a"]})
    return json.loads(content)["predictions"][0] if status == 200 else status


@pytest.mark.parametrize("name", ["models.config", "labels.config"])
def test_models(name):
    config = read(name, model_server_config_pb2.ModelServerConfig())
    for model in config.model_config_list.config:
        assert model.base_path == f"/models/{model.name}"
        assert model.model_platform == "tensorflow"
    with pytest.raises(text_format.ParseError):
        text = (FILES / "config" / name).read_text().replace("base_path", "basepath")
        text_format.Parse(text, model_server_config_pb2.ModelServerConfig())


def test_monitoring(messages):
    config = read("monitoring.config", messages["MonitoringConfig"]())
    assert config.prometheus_config.enable
    assert config.prometheus_config.path == METRICS_PATH
    with pytest.raises(text_format.ParseError):
        text_format.Parse("prometheus_config { enabled: true }", messages["MonitoringConfig"]())


def test_tls(messages):
    config = read("ssl.config", messages["SSLConfig"]())
    assert config.client_verify
    for text in (config.server_key, config.server_cert, config.custom_ca):
        assert re.fullmatch(r"-----BEGIN ([A-Z ]+)-----\n\.\.\.\n-----END \1-----\n", text)
    with pytest.raises(text_format.ParseError):
        text_format.Parse("client_verify: 2", messages["SSLConfig"]())


def test_batching():
    parameters = BatchingParameters.from_file(FILES / "config/batching.config")
    assert parameters.max_batch_size == 32  # rows that Client and AsyncClient send at a time
    assert str(parameters.num_batch_threads) == container()["resources"]["limits"]["cpu"]
    with pytest.raises(InputError):
        text = (FILES / "config/batching.config").read_text().replace("max_batch_size {", "max_batch_rows {")
        BatchingParameters.from_text(text, "batching.config")


def test_the_last_in_the_queue_is_answered_in_time():
    """The comment's arithmetic: a batch takes 2.5 s, and as many as there are threads share the processors."""
    parameters = BatchingParameters.from_file(FILES / "config/batching.config")
    threads = parameters.num_batch_threads
    rounds = 1 + parameters.max_enqueued_batches / threads
    seconds = rounds * threads * 2.5
    assert seconds == 15
    assert "15 s" in (FILES / "config/batching.config").read_text()
    assert seconds < int(flags(container()["args"])["rest_api_timeout_in_ms"]) / 1000


def test_kserve_has_the_same(messages):
    [generated] = read_yaml("kserve/kustomization.yaml")["configMapGenerator"]
    literals = dict(text.split("=", 1) for text in generated["literals"])
    batching = BatchingParameters.from_text(literals["batching.config"], "literal")
    assert batching == BatchingParameters.from_file(FILES / "config/batching.config")
    monitoring = text_format.Parse(literals["monitoring.config"], messages["MonitoringConfig"]())
    assert monitoring == read("monitoring.config", messages["MonitoringConfig"]())


def test_the_newest_version_is_served(server):
    assert predict(server, "") == "v2"
    assert predict(server, "/versions/1") == 404


def test_labels_are_served(serve):
    with serve("labels.config") as server:
        assert predict(server, "/labels/stable") == "v1"
        assert predict(server, "/labels/canary") == "v2"
        assert predict(server, "", model="another-model") == "v2"
