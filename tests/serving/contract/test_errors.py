"""Contract 3.7: an error's status and form."""

import json

import grpc
import pytest
import tensorflow as tf

from tests.serving.contract.grpc_requests import predict_request
from tests.serving.contract.rest_bodies import predict

CANONICAL = {"INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400, "NOT_FOUND": 404, "UNIMPLEMENTED": 501}


@pytest.mark.parametrize(
    "path, body, code",
    [
        ("zoo:predict", predict("refuse", instances=[3]), "INVALID_ARGUMENT"),
        ("zoo:predict", predict("half_input", inputs=[1.0]), "UNIMPLEMENTED"),
        ("zoo/versions/9:predict", predict("echo", instances=["a"]), "NOT_FOUND"),
        ("lion:predict", predict("echo", instances=["a"]), "NOT_FOUND"),
        ("zoo/labels/x:predict", predict("echo", instances=["a"]), "INVALID_ARGUMENT"),
    ],
)
def test_status_and_form(call, path, body, code):
    status, headers, content = call("POST", f"/v1/models/{path}", body)
    assert (status, headers["Content-Type"]) == (CANONICAL[code], "application/json")
    document = json.loads(content)
    assert list(document) == ["error"]
    assert isinstance(document["error"], str)


def test_the_models_own_error(refused, predictions, grpc_refused):
    refused(predict("refuse", instances=[3]), contract="no negative number was given")
    request = predict_request("refuse", {"x": tf.make_tensor_proto([3])})
    code = grpc.StatusCode.INVALID_ARGUMENT
    grpc_refused(predictions.Predict, request, code, contract="no negative number was given")
