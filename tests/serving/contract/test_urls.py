"""Contract 3.1: paths, verbs, headers."""

import json

import pytest


def which(**body):
    return {"signature_name": "which", "instances": ["a"], **body}


def test_newest_version_by_default(post):
    assert post(which()) == (200, {"predictions": ["v12"]})


@pytest.mark.parametrize("version, answer", [("1", "v1"), ("12", "v12"), ("00012", "v12")])
def test_version_in_the_path(post, version, answer):
    assert post(which(), f"/versions/{version}:predict") == (200, {"predictions": [answer]})


def test_paths_ignore_case_and_names_are_decoded(call):
    assert call("POST", "/V1/Models/%7Aoo:PREDICT", {"instances": ["a"]})[0] == 200
    assert call("POST", "/v1/models/zoo/VERSIONS/1:Predict", {"instances": ["a"]})[0] == 200
    assert call("POST", "/v1/models/ZOO:predict", {"instances": ["a"]})[0] == 404


def test_each_verb_has_its_path(post):
    examples = {"examples": [{"text": "ab"}]}
    assert post({"signature_name": "classify", **examples}, ":classify")[0] == 200
    assert post({"signature_name": "regress", **examples}, ":regress")[0] == 200


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/v1/models/zoo"),
        ("GET", "/v1/models/zoo:predict"),
        ("POST", "/v1/models/zoo:generate"),
        ("POST", "/v1/models/zoo/metadata"),
        ("POST", "/v1/models/zoo/versions/x:predict"),
        ("GET", "/v1/models/zoo/versions/-1"),
        ("POST", "/v1/models/:predict"),
        ("PUT", "/v1/models/zoo:predict"),
        ("DELETE", "/v1/models/zoo"),
        ("GET", "/v1/foo"),
        ("GET", "/v1/models/zoo/"),
    ],
)
def test_malformed_requests(call, method, path):
    status, headers, content = call(method, path)
    assert (status, headers["Content-Type"]) == (400, "application/json")
    assert json.loads(content) == {"error": f"Malformed request: {method} {path}"}


@pytest.mark.parametrize("path", ["/", "/v2/health/ready", "/metrics", "/index.html"])
def test_other_paths_are_404_and_no_json(call, path):
    status, headers, _ = call("GET", path)
    assert status == 404
    assert not headers["Content-Type"].startswith("application/json")


def test_no_cors_unless_it_was_asked_for(call):
    status, headers, _ = call("POST", "/v1/models/zoo:predict", {"instances": ["a"]})
    assert status == 200
    assert "Access-Control-Allow-Origin" not in headers
    assert call("OPTIONS", "/v1/models/zoo:predict")[0] == 400


def test_a_status_without_a_name(get):
    assert get("/v1/models") == (400, {"error": "Missing model name in request."})


def test_a_version_beyond_64_bits(refused):
    for number in ("9223372036854775808", "9" * 400):
        words = f"Failed to convert version: {number} to numeric."
        refused(which(), f"/versions/{number}:predict", ours=words)


def test_prometheus_metrics(call, post):
    assert post(which())[0] == 200
    status, headers, content = call("GET", "/monitoring/prometheus/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    lines = content.decode().splitlines()
    assert any(line.startswith(':tensorflow:serving:request_count{model_name="zoo",status="OK"} ') for line in lines)
    buckets = [line for line in lines if line.startswith(":tensorflow:serving:request_latency_bucket{")]
    assert buckets
    assert all('le="' in line for line in buckets)
