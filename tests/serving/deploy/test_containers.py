"""The Dockerfile and the Compose file: well-formed, alike, and asking what a server answers."""

import json
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import check_jsonschema
import jsonschema
import pytest

from rembert_tf.serving.server.defaults import DEFAULT_GRPC_PORT, DEFAULT_REST_PORT, REST_TIMEOUT
from tests.serving.deploy.files import FILES, METRICS_PATH, container, flags, read_yaml

DOCKERFILE = (FILES / "Dockerfile").read_text(encoding="utf-8")
COMPOSE_SCHEMA = Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor/compose-spec.json"
HADOLINT = Path(sys.executable).parent / "hadolint"
# Those of tensorflow_model_server that the files use: tensorflow_serving/model_servers/main.cc.
SERVER_FLAGS = {
    "port": int,
    "rest_api_port": int,
    "rest_api_timeout_in_ms": int,
    "model_name": str,
    "model_base_path": str,
    "model_config_file": str,
    "model_config_file_poll_wait_seconds": int,
    "allow_version_labels_for_unavailable_models": bool,
    "monitoring_config_file": str,
    "enable_batching": bool,
    "batching_parameters_file": str,
    "num_load_threads": int,
    "num_unload_threads": int,
    "tensorflow_intra_op_parallelism": int,
    "tensorflow_inter_op_parallelism": int,
    "ssl_config_file": str,
}


def instructions(keyword):
    """The arguments of a Dockerfile's instructions of a kind, lines joined."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    return [line.split(None, 1)[1] for line in text.splitlines() if line.startswith(f"{keyword} ")]


def lint(text):
    return subprocess.run([HADOLINT, "--no-color", "-"], input=text, capture_output=True, text=True)


def require_flags(arguments):
    for name, value in flags(arguments).items():
        kind = SERVER_FLAGS[name]
        assert value in ("true", "false") if kind is bool else kind(value) is not None, name


def test_the_dockerfile():
    checked = lint(DOCKERFILE)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert instructions("FROM") == ["tensorflow/serving:2.20.0"]
    user, group = instructions("USER")[0].split(":")
    assert int(user) > 0 and int(group) > 0
    for keyword in ("ENTRYPOINT", "CMD"):
        assert all(isinstance(word, str) for word in json.loads(instructions(keyword)[0]))


@pytest.mark.parametrize(
    "right, wrong", [("COPY --chown", "COPYY --chown"), (":2.20.0", ":latest"), ("-y --no-install", "--no-install")]
)
def test_the_linter_finds_mistakes(right, wrong):
    assert right in DOCKERFILE
    assert lint(DOCKERFILE.replace(right, wrong)).returncode != 0


def test_the_image_and_the_pods_start_the_same_server():
    [entry], [arguments] = instructions("ENTRYPOINT"), instructions("CMD")
    assert json.loads(entry) == ["/usr/bin/tensorflow_model_server"]
    image, pod = flags(json.loads(arguments)), flags(container()["args"])
    # A pod has the models' configuration and the settings from objects of their own.
    for file in ("model_config_file", "monitoring_config_file", "batching_parameters_file"):
        assert image.pop(file) == f"/config/{pod.pop(file).rpartition('/')[2]}"
    assert image == pod
    assert int(image["port"]) == DEFAULT_GRPC_PORT
    assert int(image["rest_api_port"]) == DEFAULT_REST_PORT
    assert int(image["rest_api_timeout_in_ms"]) == REST_TIMEOUT * 1000
    assert instructions("EXPOSE") == [f"{DEFAULT_GRPC_PORT} {DEFAULT_REST_PORT}"]


@pytest.mark.parametrize(
    "arguments",
    [
        json.loads(instructions("CMD")[0]),
        container()["args"],
        read_yaml("kserve/serving_runtime.yaml")["spec"]["containers"][0]["args"],
    ],
    ids=["image", "pod", "kserve"],
)
def test_flags_are_the_servers(arguments):
    require_flags(arguments)
    assert all(
        (FILES / "config" / Path(value).name).is_file() for value in flags(arguments).values() if ".config" in value
    )
    with pytest.raises(KeyError):
        require_flags([*arguments, "--num_threads=2"])
    with pytest.raises((AssertionError, ValueError)):
        require_flags([*arguments, "--enable_batching=yes"])


def test_what_is_left_out_of_the_image():
    lines = (FILES / "Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules == ["*", "!config", "!models", "config/ssl.config"]
    assert [line.split()[-2] for line in instructions("COPY")] == ["config", "models"]


def test_the_health_check_asks_for_a_loaded_model(written, server):
    [line] = [line for line in (written / "Dockerfile").read_text().splitlines() if line.startswith("    CMD [")]
    command = json.loads(line.split("CMD ", 1)[1])
    assert "/v1/models/topic/metadata" in command[-1]

    def ask(port, model="topic"):
        script = command[-1].replace("/8501", f"/{port}").replace("/topic/", f"/{model}/")
        return subprocess.run([*command[:-1], script], capture_output=True, timeout=60).returncode

    assert ask(server.rest_port) == 0
    assert ask(server.rest_port, "lion") != 0
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert ask(nobody.getsockname()[1]) != 0


@pytest.fixture(scope="module")
def compose_schema():
    schema = json.loads(COMPOSE_SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def test_compose(compose_schema):
    compose_schema.validate(read_yaml("compose.yaml"))


@pytest.mark.parametrize(
    "service, key, value",
    [
        ("serving", "port", ["1:1"]),
        ("serving", "cap_drop", "ALL"),
        ("grafana", "restart", 3),
        ("grafana", "environment", 3),
    ],
)
def test_the_compose_schema_finds_mistakes(compose_schema, service, key, value):
    broken = read_yaml("compose.yaml")
    broken["services"][service][key] = value
    with pytest.raises(jsonschema.ValidationError):
        compose_schema.validate(broken)


def test_compose_is_of_one_piece():
    compose = read_yaml("compose.yaml")
    for name, service in compose["services"].items():
        assert service.get("image", "").rpartition(":")[2] not in ("", "latest"), name
        for mapping in service["ports"]:
            host, outside, inside = mapping.split(":")
            assert host == "127.0.0.1" and outside == inside, name
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            # models/ is the user's.
            known = source in compose["volumes"] or source == "./models" or (FILES / source).exists()
            assert known, volume
    serving = compose["services"]["serving"]
    assert f"{serving['mem_limit']}".removesuffix("g") + "Gi" == container()["resources"]["limits"]["memory"]
    assert str(serving["cpus"]) == container()["resources"]["limits"]["cpu"]
    ports = {mapping.split(":")[1] for mapping in serving["ports"]}
    assert ports == {str(DEFAULT_GRPC_PORT), str(DEFAULT_REST_PORT)}
    assert int(serving["stop_grace_period"].removesuffix("s")) > REST_TIMEOUT


def test_prometheus_and_grafana_find_each_other():
    services = read_yaml("compose.yaml")["services"]
    [job] = read_yaml("prometheus/compose.yaml")["scrape_configs"]
    [target] = job["static_configs"]
    assert target["targets"] == [f"serving:{DEFAULT_REST_PORT}"] and "serving" in services
    assert job["metrics_path"] == METRICS_PATH
    [source] = read_yaml("grafana/provisioning/datasources/prometheus.yaml")["datasources"]
    host, port = re.fullmatch(r"http://(\w+):(\d+)", source["url"]).groups()
    assert host in services and services[host]["ports"] == [f"127.0.0.1:{port}:{port}"]
    [provider] = read_yaml("grafana/provisioning/dashboards/rembert.yaml")["providers"]
    inside = dict(volume.split(":")[:2][::-1] for volume in services["grafana"]["volumes"])
    assert inside[provider["options"]["path"]] == "./grafana/dashboards"
    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in services["prometheus"]["volumes"]}
    config = shlex.split(services["prometheus"]["command"][0])[0].partition("=")[2]
    assert mounted[config] == "./prometheus/compose.yaml"
    [rules] = read_yaml("prometheus/compose.yaml")["rule_files"]
    assert f"{Path(config).parent}/{rules}" in mounted
