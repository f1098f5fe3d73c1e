"""Model configurations as text, and what tests ask a server that has one."""

import grpc
from google.protobuf import text_format
from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc

from rembert_tf.serving.server.settings import ServerSettings
from tests.serving import rest

ALL_VERSIONS = "all {}"
STRICT = ServerSettings(poll_seconds=0)
ANY_LABEL = ServerSettings(poll_seconds=0, allow_labels_for_unavailable=True)


def entry(name, base_path, policy="", labels=None):
    labels = "".join(f'version_labels {{ key: "{key}" value: {value} }} ' for key, value in (labels or {}).items())
    policy = f"model_version_policy {{ {policy} }}" if policy else ""
    return f'config {{ name: "{name}" base_path: "{base_path}" model_platform: "tensorflow" {policy} {labels} }}'


def listed(*entries):
    return f"model_config_list {{ {' '.join(entries)} }}"


def ask(server, model, path=""):
    """Asks a model for the answer to "a": (status, the answer or the error's message)."""
    status, content = rest.ask(server, {"instances": ["a"]}, f"{model}{path}")
    return status, content.get("error") or content["predictions"][0]


def channel(server):
    return grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}")


def reload(server, *entries, config=None):
    """Sends a new configuration and returns the call's (code name, message)."""
    request = model_management_pb2.ReloadConfigRequest()
    text_format.Parse(listed(*entries) if config is None else config, request.config)
    with channel(server) as open_channel:
        try:
            response = model_service_pb2_grpc.ModelServiceStub(open_channel).HandleReloadConfigRequest(request)
        except grpc.RpcError as error:
            return error.code().name, error.details()
    assert response.HasField("status")
    return "OK", response.status.error_message
