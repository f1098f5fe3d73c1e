"""Contract 3.6: the other gRPC methods, and what every one of them says about its ModelSpec."""

import grpc
import pytest
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    predict_pb2,
    regression_pb2,
)

from tests.serving.contract.grpc_requests import example, fill_spec, predict_request, reload_request, strings

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND


@pytest.fixture
def methods(predictions, models):
    """Every method that names a model, with an empty request of it; the status last."""
    metadata = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    return [
        (predictions.Predict, predict_pb2.PredictRequest()),
        (predictions.Classify, classification_pb2.ClassificationRequest()),
        (predictions.Regress, regression_pb2.RegressionRequest()),
        (predictions.GetModelMetadata, metadata),
        (models.GetModelStatus, get_model_status_pb2.GetModelStatusRequest()),
    ]


class TestModelSpec:
    def test_missing_or_nameless(self, methods, grpc_refused):
        for method, request in methods:
            grpc_refused(method, request, INVALID_ARGUMENT, contract="Missing ModelSpec")
            request.model_spec.signature_name = "x"
            grpc_refused(method, request, INVALID_ARGUMENT, contract="ModelSpec has no name specified.")

    def test_unknown_model_version_or_label(self, methods, grpc_refused):
        for method, request in methods[:-1]:
            fill_spec(request, name="lion")
            grpc_refused(method, request, NOT_FOUND, contract="Servable not found for request: Latest(lion)")
            fill_spec(request, version=9)
            grpc_refused(method, request, NOT_FOUND, contract="Servable not found for request: Specific(zoo, 9)")
            fill_spec(request, label="x")
            message = "Unrecognized servable version label: x"
            grpc_refused(method, request, INVALID_ARGUMENT, contract=message)

    def test_unknown_signatures(self, predictions, grpc_refused):
        request = predict_request("x", {"text": strings("a")})
        message = 'Serving signature key "x" not found.'
        grpc_refused(predictions.Predict, request, grpc.StatusCode.FAILED_PRECONDITION, contract=message)
        message = "No signature was found with the name: x"
        for method, request in (
            (predictions.Classify, classification_pb2.ClassificationRequest()),
            (predictions.Regress, regression_pb2.RegressionRequest()),
        ):
            fill_spec(request, "x").input.example_list.examples.append(example(text=b"a"))
            grpc_refused(method, request, INVALID_ARGUMENT, contract=message)


class TestClassifyAndRegress:
    def test_classify(self, predictions):
        request = fill_spec(classification_pb2.ClassificationRequest(), "classify")
        request.input.example_list.examples.extend([example(text=b"abcd"), example(text=b"ab")])
        answer = predictions.Classify(request)
        classes = [[(c.label, c.score) for c in row.classes] for row in answer.result.classifications]
        assert classes == [[("length", 4.0), ("half", 2.0)], [("length", 2.0), ("half", 1.0)]]
        assert answer.model_spec.version.value == 12
        assert answer.model_spec.signature_name == "classify"

    def test_regress_with_context(self, predictions):
        request = fill_spec(regression_pb2.RegressionRequest(), "regress")
        request.input.example_list_with_context.context.CopyFrom(example(bonus=10))
        request.input.example_list_with_context.examples.extend([example(text=b"a"), example(text=b"a", bonus=1)])
        assert [r.value for r in predictions.Regress(request).result.regressions] == [11.0, 2.0]

    def test_empty_input(self, predictions, grpc_refused):
        request = fill_spec(classification_pb2.ClassificationRequest(), "classify")
        grpc_refused(predictions.Classify, request, INVALID_ARGUMENT, contract="Input is empty.")
        request = fill_spec(regression_pb2.RegressionRequest(), "regress")
        request.input.example_list.SetInParent()
        grpc_refused(predictions.Regress, request, INVALID_ARGUMENT, contract="Input is empty.")


class TestMultiInference:
    def request(self, *tasks):
        request = inference_pb2.MultiInferenceRequest()
        for method, signature in tasks:
            task = request.tasks.add()
            fill_spec(task, signature)
            task.method_name = f"tensorflow/serving/{method}"
        request.input.example_list.examples.extend([example(text=b"abcd"), example(text=b"ab")])
        return request

    def test_one_task(self, predictions):
        (answer,) = predictions.MultiInference(self.request(("classify", "classify"))).results
        assert [row.classes[0].score for row in answer.classification_result.classifications] == [4.0, 2.0]
        assert answer.model_spec.version.value == 12
        (answer,) = predictions.MultiInference(self.request(("regress", "regress"))).results
        assert [row.value for row in answer.regression_result.regressions] == [4.0, 2.0]

    def test_without_tasks(self, predictions, grpc_refused):
        grpc_refused(predictions.MultiInference, self.request(), INVALID_ARGUMENT)


class TestMetadataAndStatus:
    def test_metadata(self, predictions):
        request = fill_spec(get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"]))
        answer = predictions.GetModelMetadata(request)
        assert (answer.model_spec.name, answer.model_spec.version.value) == ("zoo", 12)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        assert answer.metadata["signature_def"].Unpack(signatures)
        assert set(signatures.signature_def["join"].inputs) == {"text", "text_pair"}
        assert signatures.signature_def["join"].outputs["length"].dtype == tf.int32.as_datatype_enum

    @pytest.mark.parametrize("fields", [[], ["weights"], ["signature_def", "weights"]])
    def test_metadata_fields(self, predictions, grpc_refused, fields):
        request = fill_spec(get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields))
        grpc_refused(predictions.GetModelMetadata, request, INVALID_ARGUMENT)

    def test_status(self, models):
        answer = models.GetModelStatus(fill_spec(get_model_status_pb2.GetModelStatusRequest()))
        states = sorted((s.version, s.state, s.status.error_code) for s in answer.model_version_status)
        assert states == [(1, 30, 0), (12, 30, 0)]  # 30 is AVAILABLE
        assert "status" in json_format.MessageToDict(answer.model_version_status[0])
        answer = models.GetModelStatus(fill_spec(get_model_status_pb2.GetModelStatusRequest(), version=1))
        assert [status.version for status in answer.model_version_status] == [1]

    def test_unknown_status(self, models, grpc_refused):
        request = fill_spec(get_model_status_pb2.GetModelStatusRequest(), name="lion")
        message = "Could not find any versions of model lion"
        grpc_refused(models.GetModelStatus, request, NOT_FOUND, contract=message)
        request = fill_spec(get_model_status_pb2.GetModelStatusRequest(), version=9)
        message = "Could not find version 9 of model zoo"
        grpc_refused(models.GetModelStatus, request, NOT_FOUND, contract=message)

    def test_a_reload_without_a_configuration(self, models, target):
        """Anything but a list of models is refused, and what is served stays."""
        try:
            code = models.HandleReloadConfigRequest(reload_request(""), timeout=60).status.error_code
        except grpc.RpcError as error:
            code = error.code().value[0]
        assert code == INVALID_ARGUMENT.value[0]
        answer = models.GetModelStatus(fill_spec(get_model_status_pb2.GetModelStatusRequest()))
        assert {status.state for status in answer.model_version_status} == {30}
