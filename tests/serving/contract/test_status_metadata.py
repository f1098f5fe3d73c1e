"""Contract 3.5: status and metadata over REST."""

import pytest

OK = {"error_code": "OK", "error_message": ""}


def test_status_of_all_versions(get):
    status, body = get("/v1/models/zoo")
    assert status == 200
    assert list(body) == ["model_version_status"]
    assert sorted(body["model_version_status"], key=lambda entry: int(entry["version"])) == [
        {"version": "1", "state": "AVAILABLE", "status": OK},
        {"version": "12", "state": "AVAILABLE", "status": OK},
    ]


def test_a_label_in_the_status_url_is_ignored(get):
    assert get("/v1/models/zoo/labels/stable") == get("/v1/models/zoo")
    assert get("/v1/models/zoo/labels/unknown") == get("/v1/models/zoo")


def test_status_of_one_version(get):
    version = {"version": "1", "state": "AVAILABLE", "status": OK}
    assert get("/v1/models/zoo/versions/1") == (200, {"model_version_status": [version]})


@pytest.mark.parametrize(
    "path, message",
    [
        ("/v1/models/lion", "Could not find any versions of model lion"),
        ("/v1/models/zoo/versions/9", "Could not find version 9 of model zoo"),
    ],
)
def test_status_of_what_is_not_there(get, path, message):
    status, body = get(path)
    assert status == 404
    assert message in body["error"]


@pytest.mark.parametrize(
    "path, message",
    [
        ("/v1/models/lion/metadata", "Servable not found for request: Latest(lion)"),
        ("/v1/models/zoo/versions/9/metadata", "Servable not found for request: Specific(zoo, 9)"),
    ],
)
def test_metadata_of_what_is_not_there(get, path, message):
    assert get(path) == (404, {"error": message})


def test_metadata(get):
    status, body = get("/v1/models/zoo/metadata")
    assert status == 200
    assert set(body) == {"model_spec", "metadata"}
    assert body["model_spec"] == {"name": "zoo", "signature_name": "", "version": "12"}
    assert list(body["metadata"]) == ["signature_def"]
    signatures = body["metadata"]["signature_def"]["signature_def"]
    assert {"serving_default", "classify", "regress", "__saved_model_init_op"} <= set(signatures)
    join = signatures["join"]
    assert set(join) == {"inputs", "outputs", "method_name", "defaults"}
    assert join["method_name"] == "tensorflow/serving/predict"
    assert join["defaults"] == {}
    assert set(join["inputs"]) == {"text", "text_pair"}
    text = join["inputs"]["text"]
    assert set(text) == {"dtype", "tensor_shape", "name"}
    assert text["dtype"] == "DT_STRING"
    assert text["tensor_shape"] == {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}
    assert text["name"].endswith(":0")


def test_metadata_of_one_version(get):
    assert get("/v1/models/zoo/versions/1/metadata")[1]["model_spec"]["version"] == "1"
    assert get("/v1/models/zoo/labels/stable/metadata")[1]["model_spec"]["version"] == "1"
