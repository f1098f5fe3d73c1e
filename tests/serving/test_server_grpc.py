"""The gRPC interface, row by row of TensorFlow Serving's contract."""

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(server.grpc_url.removeprefix("grpc://")) as channel:
        yield channel


@pytest.fixture(scope="module")
def predictions(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="module")
def models(channel):
    return model_service_pb2_grpc.ModelServiceStub(channel)


def fill_spec(request, signature="", name="zoo", version=None, label=None):
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    if label is not None:
        request.model_spec.version_label = label
    return request


def predict_request(signature="", inputs=None, outputs=(), **spec):
    request = fill_spec(predict_pb2.PredictRequest(output_filter=outputs), signature, **spec)
    for name, value in (inputs or {}).items():
        request.inputs[name].CopyFrom(value)
    return request


def strings(*values):
    return tf.make_tensor_proto(list(values), tf.string, shape=[len(values)])


def example(**features):
    message = tf.train.Example()
    for name, value in features.items():
        if isinstance(value, int):
            message.features.feature[name].int64_list.value.append(value)
        else:
            message.features.feature[name].bytes_list.value.append(value)
    return message


def refusal(method, request, timeout=60):
    """The (code, message) that a request is refused with."""
    with pytest.raises(grpc.RpcError) as failure:
        method(request, timeout=timeout)
    return failure.value.code(), failure.value.details()


class TestPredict:
    def test_outputs_and_echoed_spec(self, predictions):
        answer = predictions.Predict(predict_request(inputs={"text": strings("abc", "")}))
        assert answer.model_spec.name == "zoo"
        assert answer.model_spec.version.value == 12
        assert answer.model_spec.signature_name == "serving_default"
        assert set(answer.outputs) == {"label", "score", "probabilities"}
        np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["label"]), [b"long", b"short"])
        np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["probabilities"]), [[0.25, 0.75], [1, 0]])

    def test_version(self, predictions):
        answer = predictions.Predict(predict_request("which", {"text": strings("a")}, version=1))
        assert answer.outputs["version"].string_val == [b"v1"]
        assert answer.model_spec.version.value == 1

    def test_values_travel_in_typed_fields(self, predictions):
        inputs = {
            "i8": np.array([-1, 2], np.int8),
            "i32": np.array([-3, 4], np.int32),
            "i64": np.array([-(2**62), 5], np.int64),
            "u8": np.array([6, 250], np.uint8),
            "u64": np.array([7, 2**63], np.uint64),
            "f32": np.array([0.1, np.inf], np.float32),
            "f64": np.array([0.1, -np.inf], np.float64),
            "flag": np.array([True, False]),
        }
        protos = {name: tf.make_tensor_proto(value) for name, value in inputs.items()}
        answer = predictions.Predict(predict_request("types", protos))
        fields = {"i8": "int_val", "i32": "int_val", "u8": "int_val", "i64": "int64_val", "u64": "uint64_val"}
        fields |= {"f32": "float_val", "f64": "double_val", "flag": "bool_val"}
        for name, value in inputs.items():
            proto = answer.outputs[name]
            assert proto.tensor_content == b""
            assert len(getattr(proto, fields[name])) == 2
            returned = tf.make_ndarray(proto)
            assert returned.dtype == value.dtype
            np.testing.assert_array_equal(returned, value)

    def test_tensor_content_and_one_value_for_all_are_understood(self, predictions):
        proto = tf.make_tensor_proto(np.ones([2, 3], np.float32))
        assert proto.tensor_content
        answer = predictions.Predict(predict_request("matrix", {"x": proto}))
        np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["y"]), np.full([2, 3], 2))
        repeated = tf.make_tensor_proto(3.0, shape=[2, 2])
        assert len(repeated.float_val) == 1
        answer = predictions.Predict(predict_request("matrix", {"x": repeated}))
        np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["y"]), np.full([2, 2], 6))

    def test_types_that_json_cannot_hold(self, predictions):
        half = tf.make_tensor_proto(np.array([1.5, -0.25], np.float16))
        assert list(predictions.Predict(predict_request("half_input", {"x": half})).outputs["y"].float_val) == [
            1.5,
            -0.25,
        ]
        single = tf.make_tensor_proto(np.array([1.5, -0.25], np.float32))
        answer = predictions.Predict(predict_request("half_output", {"x": single})).outputs["y"]
        assert answer.dtype == tf.float16.as_datatype_enum
        np.testing.assert_array_equal(tf.make_ndarray(answer), [1.5, -0.25])

    def test_arbitrary_bytes(self, predictions):
        values = [b"\xff\x00\xfe", b"", b"a\x00"]
        answer = predictions.Predict(predict_request("echo", {"text": strings(*values)}))
        assert list(answer.outputs["text"].string_val) == values

    def test_an_empty_batch(self, predictions):
        answer = predictions.Predict(predict_request(inputs={"text": strings()}))
        assert tf.make_ndarray(answer.outputs["probabilities"]).shape == (0, 2)

    def test_scalars(self, predictions):
        answer = predictions.Predict(predict_request("scalar", {"x": tf.make_tensor_proto(1.5)}))
        assert answer.outputs["y"].float_val == [3.0]
        assert not answer.outputs["y"].tensor_shape.dim

    def test_output_filter(self, predictions):
        answer = predictions.Predict(predict_request(inputs={"text": strings("a")}, outputs=["score"]))
        assert set(answer.outputs) == {"score"}

    @pytest.mark.parametrize(
        "outputs, message",
        [
            (["x"], "output tensor alias not found in signature: x"),
            (["score", "score"], "duplicate output tensor alias: score"),
        ],
    )
    def test_bad_output_filter(self, predictions, outputs, message):
        code, details = refusal(predictions.Predict, predict_request(inputs={"text": strings("a")}, outputs=outputs))
        assert code == INVALID_ARGUMENT
        assert message in details

    @pytest.mark.parametrize(
        "inputs, message",
        [
            (
                {},
                "input size does not match signature: 0!=2 len({}) != len({text,text_pair}). "
                "Sent extra: {}. Missing but required: {text,text_pair}.",
            ),
            (
                {"text": strings("a")},
                "input size does not match signature: 1!=2 len({text}) != len({text,text_pair}). "
                "Sent extra: {}. Missing but required: {text_pair}.",
            ),
            (
                {"text": strings("a"), "text_pair": strings("b"), "x": strings("c")},
                "input size does not match signature: 3!=2 len({text,text_pair,x}) != len({text,text_pair}). "
                "Sent extra: {x}. Missing but required: {}.",
            ),
            (
                {"text": strings("a"), "x": strings("b")},
                "input tensor alias not found in signature: x. Inputs expected to be in the set {text,text_pair}.",
            ),
        ],
    )
    def test_wrong_inputs(self, predictions, inputs, message):
        assert refusal(predictions.Predict, predict_request("join", inputs)) == (INVALID_ARGUMENT, message)

    def test_a_tensor_of_another_type(self, predictions):
        request = predict_request("echo", {"text": tf.make_tensor_proto([1.0])})
        assert refusal(predictions.Predict, request) == (
            INVALID_ARGUMENT,
            "Expects arg[0] to be string but float is provided",
        )

    def test_a_tensor_of_another_rank(self, predictions):
        request = predict_request("matrix", {"x": tf.make_tensor_proto([1.0])})
        assert refusal(predictions.Predict, request)[0] == INVALID_ARGUMENT

    def test_a_tensor_that_contradicts_itself(self, predictions):
        broken = tf.make_tensor_proto(np.ones([2, 3], np.float32))
        broken.tensor_shape.dim[0].size = 5
        untyped = tf.make_tensor_proto([1.0])
        untyped.dtype = 0
        negative = tf.make_tensor_proto([1.0, 2.0])
        negative.tensor_shape.dim[0].size = -2
        for proto in (broken, untyped, negative):
            code, details = refusal(predictions.Predict, predict_request("matrix", {"x": proto}))
            assert (code, details) == (INVALID_ARGUMENT, "tensor parsing error: x")

    def test_unknown_signature(self, predictions):
        request = predict_request("x", {"text": strings("a")})
        assert refusal(predictions.Predict, request) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            'Serving signature key "x" not found.',
        )

    def test_long_messages_are_cut(self, predictions):
        _, details = refusal(predictions.Predict, predict_request("x" * 5000, {"text": strings("a")}))
        assert details.endswith("...TRUNCATED")
        assert len(details) == 1024 + len("...TRUNCATED")

    def test_the_models_own_error(self, predictions):
        request = predict_request("refuse", {"x": tf.make_tensor_proto([1])})
        code, details = refusal(predictions.Predict, request)
        assert code == INVALID_ARGUMENT
        assert "no negative number was given" in details

    def test_the_callers_deadline_ends_the_computation(self, predictions):
        request = predict_request("endless", {"x": tf.make_tensor_proto([1])})
        assert refusal(predictions.Predict, request, timeout=0.3)[0] == grpc.StatusCode.DEADLINE_EXCEEDED


class TestModelSpec:
    def methods(self, predictions, models):
        return [
            (predictions.Predict, predict_pb2.PredictRequest()),
            (predictions.Classify, classification_pb2.ClassificationRequest()),
            (predictions.Regress, regression_pb2.RegressionRequest()),
            (
                predictions.GetModelMetadata,
                get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"]),
            ),
            (models.GetModelStatus, get_model_status_pb2.GetModelStatusRequest()),
        ]

    def test_missing_or_nameless(self, predictions, models):
        for method, request in self.methods(predictions, models):
            assert refusal(method, request) == (INVALID_ARGUMENT, "Missing ModelSpec")
            request.model_spec.signature_name = "x"
            assert refusal(method, request) == (INVALID_ARGUMENT, "ModelSpec has no name specified.")

    def test_unknown_model_version_or_label(self, predictions, models):
        for method, request in self.methods(predictions, models)[:-1]:
            fill_spec(request, name="lion")
            assert refusal(method, request) == (NOT_FOUND, "Servable not found for request: Latest(lion)")
            fill_spec(request, version=9)
            assert refusal(method, request) == (NOT_FOUND, "Servable not found for request: Specific(zoo, 9)")
            fill_spec(request, label="canary")
            assert refusal(method, request) == (INVALID_ARGUMENT, "Unrecognized servable version label: canary")


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

    def test_empty_input(self, predictions):
        request = fill_spec(classification_pb2.ClassificationRequest(), "classify")
        assert refusal(predictions.Classify, request) == (INVALID_ARGUMENT, "Input is empty.")
        request = fill_spec(regression_pb2.RegressionRequest(), "regress")
        request.input.example_list.SetInParent()
        assert refusal(predictions.Regress, request) == (INVALID_ARGUMENT, "Input is empty.")

    def test_unknown_signature(self, predictions):
        request = fill_spec(classification_pb2.ClassificationRequest(), "x")
        assert refusal(predictions.Classify, request) == (
            INVALID_ARGUMENT,
            "No signature was found with the name: x",
        )


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
    def test_metadata_fields(self, predictions, fields):
        request = fill_spec(get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields))
        assert refusal(predictions.GetModelMetadata, request)[0] == INVALID_ARGUMENT

    def test_status(self, models):
        answer = models.GetModelStatus(fill_spec(get_model_status_pb2.GetModelStatusRequest()))
        assert [(s.version, s.state, s.status.error_code) for s in answer.model_version_status] == [
            (12, 30, 0),
            (1, 30, 0),
        ]
        assert "status" in json_format.MessageToDict(answer.model_version_status[0])
        answer = models.GetModelStatus(fill_spec(get_model_status_pb2.GetModelStatusRequest(), version=1))
        assert [status.version for status in answer.model_version_status] == [1]

    def test_unknown_status(self, models):
        request = fill_spec(get_model_status_pb2.GetModelStatusRequest(), name="lion")
        assert refusal(models.GetModelStatus, request) == (NOT_FOUND, "Could not find any versions of model lion")
        request = fill_spec(get_model_status_pb2.GetModelStatusRequest(), version=9)
        assert refusal(models.GetModelStatus, request) == (NOT_FOUND, "Could not find version 9 of model zoo")

    def test_what_is_not_implemented_says_so(self, predictions, models):
        unimplemented = grpc.StatusCode.UNIMPLEMENTED
        assert refusal(predictions.MultiInference, inference_pb2.MultiInferenceRequest())[0] == unimplemented
        reload = model_management_pb2.ReloadConfigRequest()
        assert refusal(models.HandleReloadConfigRequest, reload)[0] == unimplemented
