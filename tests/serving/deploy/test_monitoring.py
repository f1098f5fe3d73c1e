"""prometheus/ and grafana/: queries that Prometheus reads, over metrics that a server shows."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import grpc
import promql_parser
import pytest
import tensorflow as tf
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from rembert_tf.serving.server.status import Code
from tests.serving.deploy.files import FILES, METRICS_PATH, container, deployment, read_dashboard, read_yaml
from tests.serving.http_requests import request

# What rembert serve does not show. Sources: tensorflow/cc/saved_model/loader.cc of TensorFlow (load attempts, by
# "success" and "fail"), tensorflow_serving/servables/tensorflow/util.cc of TensorFlow Serving (time in the runtime).
TENSORFLOW_SERVING_ALONE = {
    ":tensorflow:cc:saved_model:load_attempt_count": {"model_path", "status"},
    ":tensorflow:serving:runtime_latency_sum": {"model_name", "API", "runtime"},
    ":tensorflow:serving:runtime_latency_count": {"model_name", "API", "runtime"},
}
# Prometheus' own, of every target.
TARGETS = {"up": {"job", "instance"}}
OF_TARGETS = {"job", "instance"}
PROMTOOL = shutil.which("promtool")
RULES = [rule for group in read_yaml("prometheus/rules.yaml")["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"]: rule for rule in RULES if "record" in rule}
DASHBOARD = read_dashboard()
# Grafana writes a time and a choice there.
PANELS = {
    f"{panel['title']} {target['refId']}": target["expr"].replace("$__rate_interval", "5m").replace("$model", ".*")
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
}
QUERIES = {rule.get("record") or rule["alert"]: rule["expr"] for rule in RULES} | PANELS
RULE_KEYS = {"record": {"record", "expr"}, "alert": {"alert", "expr", "for", "labels", "annotations"}}


def nodes(query):
    """Every part of a query."""
    found = []
    promql_parser.walk(promql_parser.parse(query), lambda node: found.append(node))
    return found


def selectors(query):
    """(metric, labels that it is chosen by) of each selector in a query."""
    for node in nodes(query):
        vector = getattr(node, "vector_selector", node)
        if isinstance(vector, promql_parser.VectorSelector):
            yield vector.name, {matcher.name: matcher.value for matcher in vector.matchers.matchers}


def grouped_by(query):
    """Labels that a query sums by."""
    groups = [
        node.modifier.labels for node in nodes(query) if isinstance(node, promql_parser.AggregateExpr) and node.modifier
    ]
    return {label for labels in groups for label in labels}


def grpc_predict(server):
    message = predict_pb2.PredictRequest()
    message.model_spec.name = "topic"
    message.inputs["text"].CopyFrom(tf.make_tensor_proto(["a"]))
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(message)


@pytest.fixture(scope="module")
def shown(server):
    """Metric -> its labels, of a server that was asked over both interfaces."""
    grpc_predict(server)
    for path in ("topic", "lion"):
        request(server.rest_port, path=f"/v1/models/{path}:predict", body={"instances": ["a"]})
    page = request(server.rest_port, "GET", METRICS_PATH)[2].decode()
    samples = {}
    for name, labels in re.findall(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$", page, re.MULTILINE):
        samples.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return samples


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_is_of_metrics_that_exist(shown, name):
    known = shown | TENSORFLOW_SERVING_ALONE | TARGETS
    for record, rule in RECORDED.items():  # one of others has their labels
        others = {label for metric, _ in selectors(rule["expr"]) if metric in RECORDED for label in known[metric]}
        known[record] = grouped_by(rule["expr"]) | others
    found = list(selectors(QUERIES[name]))
    assert found
    for metric, matchers in found:
        assert metric in known, metric
        assert matchers.keys() <= known[metric] | OF_TARGETS, metric
    available = set.union(*(known[metric] for metric, _ in found)) | OF_TARGETS
    assert grouped_by(QUERIES[name]) <= available


def test_what_is_said_to_be_servings_alone_is(shown):
    assert not shown.keys() & TENSORFLOW_SERVING_ALONE.keys()
    used = {metric for query in QUERIES.values() for metric, _ in selectors(query)}
    assert TENSORFLOW_SERVING_ALONE.keys() <= used
    assert RECORDED.keys() <= used


def test_a_metric_that_does_not_exist_is_found(shown):
    [metric] = {metric for metric, _ in selectors("rate(:tensorflow:serving:requests[5m])")}
    assert metric not in shown | TENSORFLOW_SERVING_ALONE
    with pytest.raises(ValueError):
        promql_parser.parse("sum by model_name (rate(a[5m]))")


def test_statuses_are_canonical():
    names = {code.name for code in Code}
    for query in QUERIES.values():
        for metric, matchers in selectors(query):
            if metric == ":tensorflow:serving:request_count" and "status" in matchers:
                assert set(matchers["status"].split("|")) <= names


def test_the_form_of_rules():
    for rule in RULES:
        assert rule.keys() <= RULE_KEYS["record" if "record" in rule else "alert"]
    for name, rule in ALERTS.items():
        assert rule["labels"]["severity"] in ("warning", "critical"), name
        assert set(rule["annotations"]) == {"summary"}, name
        assert re.fullmatch(r"\d+m", rule.get("for", "0m")), name
        labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert labels <= grouped_by(rule["expr"]) | {"model_name", "model_path", "instance"}, name


def test_jobs_are_found():
    for name in ("compose", "kubernetes"):
        [job] = read_yaml(f"prometheus/{name}.yaml")["scrape_configs"]
        for query in QUERIES.values():
            for _, matchers in selectors(query):
                assert matchers.get("job", job["job_name"]) == job["job_name"]
        assert job["metrics_path"] == METRICS_PATH
        assert read_yaml(f"prometheus/{name}.yaml")["rule_files"] == ["rules.yaml"]
    kept = {rule["source_labels"][0]: rule["regex"] for rule in job["relabel_configs"] if rule.get("action") == "keep"}
    labels = deployment()["spec"]["template"]["metadata"]["labels"]
    assert kept["__meta_kubernetes_pod_label_app_kubernetes_io_name"] == labels["app.kubernetes.io/name"]
    assert kept["__meta_kubernetes_pod_container_port_name"] in [port["name"] for port in container()["ports"]]


def round_trip(dashboard):
    """What Grafana's own types keep of a dashboard."""
    plugins.register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(json.loads(json.dumps(dashboard)))))


def lost(before, after, place=""):
    """Places of what Grafana's types do not know, or have as another value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from lost(value, after[key], f"{place}/{key}") if key in after else [f"{place}/{key}"]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from lost(*pair, f"{place}/{number}")
    elif before != after:
        yield place


def test_grafana_knows_every_field():
    assert not list(lost(DASHBOARD, round_trip(DASHBOARD)))


@pytest.mark.parametrize(
    "path, key",
    [([], "panel"), (["panels", 0], "titel"), (["panels", 4, "fieldConfig"], "unit"), (["templating"], "variables")],
)
def test_unknown_fields_are_found(path, key):
    broken = read_dashboard()
    place = broken
    for step in path:
        place = place[step]
    place[key] = "x"
    assert list(lost(broken, round_trip(broken))) == ["/" + "/".join(map(str, [*path, key]))]


def test_panels():
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert all(isinstance(place[side], int) for side in "xywh") and place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] in ("stat", "timeseries")
        for source in [panel["datasource"], *[target["datasource"] for target in panel["targets"]]]:
            assert source == {"type": "prometheus", "uid": "${datasource}"}
    variables = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD)))
    assert used - {"__rate_interval"} == variables


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed; queries are parsed above")
def test_alerts_fire_when_they_should():
    cases = Path(__file__).parent / "alerts_test.yaml"
    done = subprocess.run([PROMTOOL, "test", "rules", cases], capture_output=True, text=True, cwd=cases.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    checked = {
        case["alertname"] for test in read_yaml(cases.name, cases.parent)["tests"] for case in test["alert_rule_test"]
    }
    assert checked == ALERTS.keys()
    assert (FILES / "prometheus/rules.yaml").exists()
