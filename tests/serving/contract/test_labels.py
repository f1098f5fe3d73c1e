"""Contract 3.1, 3.6 and 3.8: versions and labels."""

import grpc
import pytest

from tests.serving.contract.grpc_requests import predict_request, reload_request, strings

WHICH = {"signature_name": "which", "instances": ["a"]}


@pytest.mark.parametrize("label, answer", [("stable", "v1"), ("canary", "v12")])
def test_labels_in_the_path(post, label, answer):
    assert post(WHICH, f"/labels/{label}:predict") == (200, {"predictions": [answer]})


@pytest.mark.parametrize("label, version", [("stable", 1), ("canary", 12)])
def test_labels_over_grpc(predictions, label, version):
    answer = predictions.Predict(predict_request("which", {"text": strings("a")}, label=label))
    assert list(answer.outputs["version"].string_val) == [f"v{version}".encode()]
    assert answer.model_spec.version.value == version
    assert answer.model_spec.WhichOneof("version_choice") == "version"  # the label is not echoed


def test_labels_are_decoded(post):
    assert post(WHICH, "/labels/%73table:predict") == (200, {"predictions": ["v1"]})


def test_unknown_labels(post, get):
    error = {"error": "Unrecognized servable version label: x"}
    assert post(WHICH, "/labels/x:predict") == (400, error)
    assert get("/v1/models/zoo/labels/x/metadata") == (400, error)


@pytest.mark.parametrize("verb", ["predict", "classify", "regress"])
def test_unknown_models_and_versions(call, post, verb):
    body = {"instances": ["a"], "examples": [{"text": "a"}]}
    status, _, content = call("POST", f"/v1/models/lion:{verb}", body)
    assert (status, b"Servable not found for request: Latest(lion)" in content) == (404, True)
    for number in (9, 2**63 - 1):
        error = {"error": f"Servable not found for request: Specific(zoo, {number})"}
        assert post(body, f"/versions/{number}:{verb}") == (404, error)


def test_folders_that_are_no_versions_are_ignored(get):
    assert {entry["version"] for entry in get("/v1/models/zoo")[1]["model_version_status"]} == {"1", "12"}


def test_labels_move_while_the_server_runs(target, models, post):
    moved = target.model_config.replace('key: "stable" value: 1', 'key: "stable" value: 12')
    assert moved != target.model_config
    try:
        assert models.HandleReloadConfigRequest(reload_request(moved), timeout=60).status.error_code == 0
        assert post(WHICH, "/labels/stable:predict") == (200, {"predictions": ["v12"]})
    finally:
        assert models.HandleReloadConfigRequest(reload_request(target.model_config), timeout=60).status.error_code == 0
    assert post(WHICH, "/labels/stable:predict") == (200, {"predictions": ["v1"]})


def test_a_label_that_moves_to_a_version_that_is_not_there(target, models, post):
    # In the answer's status or as the call's own, by the server's release.
    moved = target.model_config.replace('key: "stable" value: 1', 'key: "stable" value: 9')
    try:
        code = models.HandleReloadConfigRequest(reload_request(moved), timeout=60).status.error_code
    except grpc.RpcError as error:
        code = error.code().value[0]
    assert code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert post(WHICH, "/labels/stable:predict") == (200, {"predictions": ["v1"]})
