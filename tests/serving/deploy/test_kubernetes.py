"""kubernetes/: valid for every supported Kubernetes, of one piece, and asking what a server answers."""

import copy
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from tests.serving.deploy.files import FILES, KUBERNETES, METRICS_PATH, NAMES, container, deployment, flags, read_yaml
from tests.serving.http_requests import request

VERSIONS = ("1.30", "1.37")  # schemas between them are wider than the older one
OBJECTS = {name: read_yaml(name) for name in KUBERNETES}
LABELS = {"app.kubernetes.io/name": "rembert-serving", "app.kubernetes.io/instance": "my-model"}
KUBECTL = shutil.which("kubectl")


def validate(content):
    for version in VERSIONS:
        kubernetes_validate.validate(content, version, strict=True)


def seconds(probe):
    return probe["periodSeconds"] * probe["failureThreshold"]


@pytest.mark.parametrize("name", KUBERNETES)
def test_schemas(name):
    validate(OBJECTS[name])


@pytest.mark.parametrize(
    "name, path, value",
    [
        ("deployment", ["spec", "replica"], 2),
        ("deployment", ["spec", "template", "spec", "containers", 0, "readinessProbe", "httpGet", "path"], 3),
        ("deployment", ["spec", "template", "spec", "containers", 0, "args"], "--port=1"),
        ("deployment", ["spec", "template", "spec", "containers", 0, "resource"], {}),
        ("service", ["spec", "ports", 0, "port"], "8501"),
        ("autoscaler", ["spec", "maxReplicas"], "6"),
        ("autoscaler", ["spec", "metrics", 0, "resource", "target", "averageUtilisation"], 60),
        ("disruption_budget", ["spec", "maxUnavaible"], 1),
        ("network_policy", ["spec", "policyTypes"], "Ingress"),
    ],
)
def test_schemas_find_mistakes(name, path, value):
    broken = copy.deepcopy(OBJECTS[f"kubernetes/{name}.yaml"])
    place = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(broken)


def test_all_objects_are_applied():
    kustomization = read_yaml("kustomization.yaml")
    assert sorted(kustomization["resources"]) == KUBERNETES
    assert kustomization["nameSuffix"] == "-my-model"
    files = [file for generator in kustomization["configMapGenerator"] for file in generator["files"]]
    assert set(files) <= set(NAMES)
    used = {value.rpartition("/")[2] for value in flags(container()["args"]).values() if ".config" in value}
    assert {file.rpartition("/")[2] for file in files} == used


def test_names_and_labels_lead_to_the_pods():
    for name, content in OBJECTS.items():
        assert content["metadata"]["name"] == "rembert-serving", name
        assert content["metadata"]["labels"] == LABELS, name
    spec = deployment()["spec"]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"] == LABELS
    assert OBJECTS["kubernetes/service.yaml"]["spec"]["selector"] == LABELS
    assert OBJECTS["kubernetes/disruption_budget.yaml"]["spec"]["selector"]["matchLabels"] == LABELS
    assert OBJECTS["kubernetes/network_policy.yaml"]["spec"]["podSelector"]["matchLabels"] == LABELS
    target = OBJECTS["kubernetes/autoscaler.yaml"]["spec"]["scaleTargetRef"]
    assert target == {"apiVersion": deployment()["apiVersion"], "kind": "Deployment", "name": "rembert-serving"}
    assert container()["image"] in [image["name"] for image in read_yaml("kustomization.yaml")["images"]]


def test_ports():
    arguments = flags(container()["args"])
    ports = {port["name"]: port["containerPort"] for port in container()["ports"]}
    assert ports == {"grpc": int(arguments["port"]), "rest": int(arguments["rest_api_port"])}
    for port in OBJECTS["kubernetes/service.yaml"]["spec"]["ports"]:
        assert port["name"] == port["targetPort"] and port["port"] == ports[port["targetPort"]]
    allowed = [
        port["port"] for rule in OBJECTS["kubernetes/network_policy.yaml"]["spec"]["ingress"] for port in rule["ports"]
    ]
    assert sorted(allowed) == sorted(ports)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        action = container()[probe].get("httpGet") or container()[probe]["tcpSocket"]
        assert action["port"] == "rest"


def test_only_labelled_pods_reach_grpc():
    for rule in OBJECTS["kubernetes/network_policy.yaml"]["spec"]["ingress"]:
        if "grpc" in [port["port"] for port in rule["ports"]]:
            assert rule["from"] == [{"podSelector": {"matchLabels": {"rembert-tf/grpc": "allowed"}}}]


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe"])
def test_probes_tell_whether_a_version_is_loaded(written, server, probe):
    path = container(written)[probe]["httpGet"]["path"]
    assert request(server.rest_port, "GET", path)[0] == 200
    assert request(server.rest_port, "GET", path.replace("/topic/", "/lion/"))[0] == 404


def test_metrics_are_where_annotations_say(server):
    annotations = deployment()["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/path"] == METRICS_PATH
    assert annotations["prometheus.io/port"] == flags(container()["args"])["rest_api_port"]
    assert request(server.rest_port, "GET", annotations["prometheus.io/path"])[0] == 200


def test_times_fit_each_other():
    spec = deployment()["spec"]
    pod, [wait] = spec["template"]["spec"], container()["lifecycle"]["preStop"]["exec"]["command"][1:]
    requests_end = int(flags(container()["args"])["rest_api_timeout_in_ms"]) / 1000
    assert requests_end < int(wait) < pod["terminationGracePeriodSeconds"]
    assert seconds(container()["startupProbe"]) < spec["progressDeadlineSeconds"]
    assert (
        spec["strategy"]["rollingUpdate"]["maxSurge"] > 0 and spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    )


def test_threads_are_the_processors():
    resources, arguments = container()["resources"], flags(container()["args"])
    assert resources["requests"] == resources["limits"]
    for pool in ("intra", "inter"):
        assert arguments[f"tensorflow_{pool}_op_parallelism"] == resources["limits"]["cpu"]


def test_pods_have_no_rights():
    pod = deployment()["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] > 0
    assert f"USER {pod['securityContext']['runAsUser']}:" in (FILES / "Dockerfile").read_text()
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    rights = container()["securityContext"]
    assert not rights["allowPrivilegeEscalation"] and rights["readOnlyRootFilesystem"]
    assert rights["capabilities"] == {"drop": ["ALL"]}


def test_every_volume_is_there():
    pod = deployment()["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume["configMap"]["name"] for volume in pod["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}
    assert volumes.keys() == mounts.keys()
    holds = {one["name"]: one["files"] for one in read_yaml("kustomization.yaml")["configMapGenerator"]}
    found = {f"{mounts[name]}/{file.rpartition('/')[2]}" for name, held in volumes.items() for file in holds[held]}
    assert {value for value in flags(container()["args"]).values() if value.startswith("/config/")} == found


def test_tls_can_be_switched_on():
    """The component's patch, applied by hand: what comes out is valid, and reads the secret's file."""
    [patch] = read_yaml("kubernetes/tls/kustomization.yaml")["patches"]
    assert patch["target"] == {"kind": "Deployment", "name": deployment()["metadata"]["name"]}
    patched = deployment()
    for step in yaml.safe_load(patch["patch"]):
        assert step["op"] == "add" and step["path"].endswith("/-")
        place = patched
        for key in step["path"].split("/")[1:-1]:
            place = place[int(key) if isinstance(place, list) else key]
        place.append(step["value"])
    validate(patched)
    pod = patched["spec"]["template"]["spec"]
    mount, volume = pod["containers"][0]["volumeMounts"][-1], pod["volumes"][-1]
    assert flags(pod["containers"][0]["args"])["ssl_config_file"] == f"{mount['mountPath']}/ssl.config"
    assert mount["name"] == volume["name"]
    secret = volume["secret"]["secretName"]
    assert (
        f"secret generic {secret} --from-file=config/ssl.config"
        in (FILES / "kubernetes/tls/kustomization.yaml").read_text()
    )


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed; the files themselves are checked above")
@pytest.mark.parametrize("tls", [False, True])
def test_kustomize_puts_it_together(written, tmp_path, tls):
    folder = shutil.copytree(written, tmp_path / "production")
    if tls:
        with open(folder / "kustomization.yaml", "a") as file:
            file.write("\ncomponents:\n  - kubernetes/tls\n")
    command = [KUBECTL, "kustomize", str(folder)]
    built = subprocess.run(command, capture_output=True, text=True, env={"HOME": str(tmp_path)})
    assert built.returncode == 0, built.stderr
    objects = {
        content["kind"]: content for content in yaml.safe_load_all(built.stdout) if content["kind"] != "ConfigMap"
    }
    for content in objects.values():
        validate(content)
        assert content["metadata"]["name"] == "rembert-serving-topic"
    assert len(objects) == len(KUBERNETES)
    pod = objects["Deployment"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "registry.example.com/topic:7"
    assert ("--ssl_config_file=/tls/ssl.config" in pod["containers"][0]["args"]) == tls
    assert [volume["configMap"]["name"] for volume in pod["volumes"][:1]] == ["rembert-models-topic"]
    assert objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == "rembert-serving-topic"
