"""kserve/: the fields that KServe knows, a pod that Kubernetes knows, and the server of the other files."""

import copy

import jsonschema
import pytest

from tests.serving.deploy.files import METRICS_PATH, container, flags, read_yaml
from tests.serving.deploy.kserve_schema import RUNTIME, SERVICE, kserve_pod
from tests.serving.deploy.test_kubernetes import OBJECTS, validate
from tests.serving.http_requests import request

SCHEMAS = {"serving_runtime": RUNTIME, "inference_service": SERVICE}
RUNTIME_FILE, SERVICE_FILE = read_yaml("kserve/serving_runtime.yaml"), read_yaml("kserve/inference_service.yaml")
[CONTAINER] = RUNTIME_FILE["spec"]["containers"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas(name):
    jsonschema.validate(read_yaml(f"kserve/{name}.yaml"), SCHEMAS[name])
    assert f"{name}.yaml" in read_yaml("kserve/kustomization.yaml")["resources"]


@pytest.mark.parametrize(
    "name, path, value",
    [
        ("serving_runtime", ["spec", "protocolVersion"], ["v1"]),
        ("serving_runtime", ["spec", "supportedModelFormats", 0, "version"], 2),
        ("serving_runtime", ["apiVersion"], "serving.kserve.io/v1beta1"),
        ("inference_service", ["spec", "predictor", "minReplicas"], "2"),
        ("inference_service", ["spec", "predictor", "tensorflow"], {}),
        ("inference_service", ["spec", "predictor", "model", "storageUri"], "models/my-model"),
    ],
)
def test_schemas_find_mistakes(name, path, value):
    broken = read_yaml(f"kserve/{name}.yaml")
    place = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMAS[name])


def test_the_pod():
    pod = kserve_pod(RUNTIME_FILE, "my-model")
    validate(pod)
    assert CONTAINER["name"] == "kserve-container"
    broken = copy.deepcopy(pod)
    broken["spec"]["containers"][0]["readinessProbe"]["port"] = 1
    with pytest.raises(Exception, match="port"):
        validate(broken)


def test_runtime_and_service_fit():
    model = SERVICE_FILE["spec"]["predictor"]["model"]
    assert model["runtime"] == RUNTIME_FILE["metadata"]["name"]
    assert model["modelFormat"] in RUNTIME_FILE["spec"]["supportedModelFormats"]
    assert model["protocolVersion"] in RUNTIME_FILE["spec"]["protocolVersions"]


def test_the_server_is_the_same():
    """As in the Deployment, but for where KServe has models and ports, and for one version instead of two."""
    here, there = flags(CONTAINER["args"]), flags(container()["args"])
    assert here.pop("port") == "9000" and here.pop("rest_api_port") == "8080"  # KServe's
    assert here.pop("model_name") == "{{.Name}}" and here.pop("model_base_path") == "/mnt/models"
    assert here.items() <= there.items()
    assert CONTAINER["resources"]["limits"]["cpu"] == container()["resources"]["limits"]["cpu"]
    for probe in ("startupProbe", "readinessProbe"):
        times = [{key: value for key, value in c[probe].items() if key != "httpGet"} for c in (CONTAINER, container())]
        assert times[0] == times[1]
    predictor, scaler = SERVICE_FILE["spec"]["predictor"], OBJECTS["kubernetes/autoscaler.yaml"]["spec"]
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (scaler["minReplicas"], scaler["maxReplicas"])
    assert predictor["scaleTarget"] == scaler["metrics"][0]["resource"]["target"]["averageUtilization"]


def test_ports_and_paths(server):
    arguments, annotations = flags(CONTAINER["args"]), RUNTIME_FILE["spec"]["annotations"]
    assert annotations["prometheus.kserve.io/port"] == arguments["rest_api_port"]
    assert annotations["prometheus.kserve.io/path"] == METRICS_PATH
    [started] = kserve_pod(RUNTIME_FILE, "topic")["spec"]["containers"]
    for probe in ("startupProbe", "readinessProbe"):
        assert str(started[probe]["httpGet"]["port"]) == arguments["rest_api_port"]
        assert request(server.rest_port, "GET", started[probe]["httpGet"]["path"])[0] == 200


def test_the_image_is_the_dockerfiles():
    from tests.serving.deploy.test_containers import instructions

    assert [CONTAINER["image"]] == instructions("FROM")
    assert f'["{CONTAINER["command"][0]}"]' in instructions("ENTRYPOINT")
