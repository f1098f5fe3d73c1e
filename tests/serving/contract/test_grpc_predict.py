"""Contract 3.6: Predict over gRPC."""

import grpc
import numpy as np
import pytest
import tensorflow as tf

from tests.serving.contract.grpc_requests import predict_request, strings

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT


def test_outputs_and_echoed_spec(predictions):
    answer = predictions.Predict(predict_request(inputs={"text": strings("abc", "")}))
    assert answer.model_spec.name == "zoo"
    assert answer.model_spec.version.value == 12
    assert answer.model_spec.signature_name == "serving_default"
    assert set(answer.outputs) == {"label", "score", "probabilities"}
    np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["label"]), [b"long", b"short"])
    np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["probabilities"]), [[0.25, 0.75], [1, 0]])


def test_version(predictions):
    answer = predictions.Predict(predict_request("which", {"text": strings("a")}, version=1))
    assert answer.outputs["version"].string_val == [b"v1"]
    assert answer.model_spec.version.value == 1
    assert answer.model_spec.signature_name == "which"


def test_values_travel_in_typed_fields(predictions):
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


def test_tensor_content_and_one_value_for_all_are_understood(predictions):
    proto = tf.make_tensor_proto(np.ones([2, 3], np.float32))
    assert proto.tensor_content
    answer = predictions.Predict(predict_request("matrix", {"x": proto}))
    np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["y"]), np.full([2, 3], 2))
    repeated = tf.make_tensor_proto(3.0, shape=[2, 2])
    assert len(repeated.float_val) == 1
    answer = predictions.Predict(predict_request("matrix", {"x": repeated}))
    np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["y"]), np.full([2, 2], 6))


def test_types_that_json_cannot_hold(predictions):
    half = tf.make_tensor_proto(np.array([1.5, -0.25], np.float16))
    answer = predictions.Predict(predict_request("half_input", {"x": half}))
    assert list(answer.outputs["y"].float_val) == [1.5, -0.25]
    single = tf.make_tensor_proto(np.array([1.5, -0.25], np.float32))
    answer = predictions.Predict(predict_request("half_output", {"x": single})).outputs["y"]
    assert answer.dtype == tf.float16.as_datatype_enum
    np.testing.assert_array_equal(tf.make_ndarray(answer), [1.5, -0.25])


def test_arbitrary_bytes(predictions):
    values = [b"\xff\x00\xfe", b"", b"a\x00"]
    answer = predictions.Predict(predict_request("echo", {"text": strings(*values)}))
    assert list(answer.outputs["text"].string_val) == values


def test_an_empty_batch(predictions):
    answer = predictions.Predict(predict_request(inputs={"text": strings()}))
    assert tf.make_ndarray(answer.outputs["probabilities"]).shape == (0, 2)


def test_scalars(predictions):
    answer = predictions.Predict(predict_request("scalar", {"x": tf.make_tensor_proto(1.5)}))
    assert answer.outputs["y"].float_val == [3.0]
    assert not answer.outputs["y"].tensor_shape.dim


def test_output_filter(predictions):
    answer = predictions.Predict(predict_request(inputs={"text": strings("a")}, outputs=["score"]))
    assert set(answer.outputs) == {"score"}


@pytest.mark.parametrize(
    "outputs, ours",
    [
        (["x"], "output tensor alias not found in signature: x"),
        (["score", "score"], "duplicate output tensor alias: score"),
    ],
)
def test_bad_output_filters(predictions, grpc_refused, outputs, ours):
    request = predict_request(inputs={"text": strings("a")}, outputs=outputs)
    grpc_refused(predictions.Predict, request, INVALID_ARGUMENT, ours=ours)


@pytest.mark.parametrize(
    "names, contract",
    [
        (
            [],
            "input size does not match signature: 0!=2 len({}) != len({text,text_pair}). "
            "Sent extra: {}. Missing but required: {text,text_pair}.",
        ),
        (
            ["text"],
            "input size does not match signature: 1!=2 len({text}) != len({text,text_pair}). "
            "Sent extra: {}. Missing but required: {text_pair}.",
        ),
        (
            ["text", "text_pair", "x"],
            "input size does not match signature: 3!=2 len({text,text_pair,x}) != len({text,text_pair}). "
            "Sent extra: {x}. Missing but required: {}.",
        ),
        (["text", "x"], ""),
    ],
)
def test_another_set_of_inputs(predictions, grpc_refused, names, contract):
    request = predict_request("join", {name: strings("a") for name in names})
    grpc_refused(predictions.Predict, request, INVALID_ARGUMENT, contract=contract)


def test_tensors_of_another_type_or_rank(predictions, grpc_refused):
    for signature, name, proto in [
        ("echo", "text", tf.make_tensor_proto([1.0])),
        ("matrix", "x", tf.make_tensor_proto([1.0])),
    ]:
        grpc_refused(predictions.Predict, predict_request(signature, {name: proto}), INVALID_ARGUMENT)


def test_a_tensor_that_contradicts_itself(predictions, grpc_refused):
    broken = tf.make_tensor_proto(np.ones([2, 3], np.float32))
    broken.tensor_shape.dim[0].size = 5
    untyped = tf.make_tensor_proto([1.0])
    untyped.dtype = 0
    negative = tf.make_tensor_proto([1.0, 2.0])
    negative.tensor_shape.dim[0].size = -2
    for proto in (broken, untyped, negative):
        request = predict_request("matrix", {"x": proto})
        grpc_refused(predictions.Predict, request, INVALID_ARGUMENT, ours="tensor parsing error: x")


def test_long_messages_are_cut(predictions, grpc_refused):
    request = predict_request("x" * 5000, {"text": strings("a")})
    details = grpc_refused(predictions.Predict, request, grpc.StatusCode.FAILED_PRECONDITION)
    assert details.endswith("...TRUNCATED")
    assert len(details) == 1024 + len("...TRUNCATED")


def test_the_callers_deadline_ends_the_computation(predictions, grpc_refused):
    request = predict_request("endless", {"x": tf.make_tensor_proto([1])})
    grpc_refused(predictions.Predict, request, grpc.StatusCode.DEADLINE_EXCEEDED, timeout=0.3)
