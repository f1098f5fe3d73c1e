"""MultiInference: classifications and regressions of one input in one computation."""

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import inference_pb2, prediction_log_pb2, prediction_service_pb2_grpc

from rembert_tf.serving.server import ModelServer

CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"


@pytest.fixture(scope="module")
def shared_input(tmp_path_factory):
    """A model of TensorFlow 1's kind, whose signatures read the same tensor, with a warm-up request."""
    path = tmp_path_factory.mktemp("shared") / "1"
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        examples = v1.placeholder(tf.string, [None], name="examples")
        features = tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([], tf.float32)})
        x = features["x"]
        classes = tf.tile([["same", "double"]], [tf.size(x), 1])
        info = v1.saved_model.build_tensor_info
        outputs = {
            "serving_default": ({"classes": info(classes), "scores": info(tf.stack([x, 2 * x], 1))}, CLASSIFY),
            "triple": ({"outputs": info(3 * x)}, REGRESS),
        }
        signatures = {
            name: v1.saved_model.build_signature_def({"inputs": info(examples)}, tensors, method)
            for name, (tensors, method) in outputs.items()
        }
        builder = v1.saved_model.Builder(str(path))
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()
    (path / "assets.extra").mkdir()
    log = prediction_log_pb2.PredictionLog()
    log.multi_inference_log.request.CopyFrom(request(("", CLASSIFY), ("triple", REGRESS), values=[1.0]))
    with tf.io.TFRecordWriter(str(path / "assets.extra" / "tf_serving_warmup_requests")) as writer:
        writer.write(log.SerializeToString())
    return path.parent


@pytest.fixture(scope="module")
def infer(shared_input):
    with (
        ModelServer(shared_input, name="m") as server,
        grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel,
    ):
        yield prediction_service_pb2_grpc.PredictionServiceStub(channel).MultiInference


def request(*tasks, values=(1.0, 5.0), model="m"):
    message = inference_pb2.MultiInferenceRequest()
    for signature, method in tasks:
        task = message.tasks.add(method_name=method)
        task.model_spec.name = model
        task.model_spec.signature_name = signature
    for value in values:
        message.input.example_list.examples.add().features.feature["x"].float_list.value.append(value)
    return message


def refusal(infer, message):
    with pytest.raises(grpc.RpcError) as failure:
        infer(message)
    return failure.value.code().name, failure.value.details()


def test_both_kinds_in_the_order_of_the_tasks(infer):
    regression, classification = infer(request(("triple", REGRESS), ("", CLASSIFY))).results
    assert [each.value for each in regression.regression_result.regressions] == [3.0, 15.0]
    assert [
        [(each.label, each.score) for each in classes.classes]
        for classes in classification.classification_result.classifications
    ] == [[("same", 1.0), ("double", 2.0)], [("same", 5.0), ("double", 10.0)]]
    assert (regression.model_spec.name, regression.model_spec.signature_name) == ("m", "triple")
    assert regression.model_spec.version.value == classification.model_spec.version.value == 1
    assert classification.model_spec.signature_name == "serving_default"


def test_one_task(infer):
    (result,) = infer(request(("triple", REGRESS), values=[2.0])).results
    assert result.WhichOneof("result") == "regression_result"
    assert [each.value for each in result.regression_result.regressions] == [6.0]


@pytest.mark.parametrize(
    "message, code, details",
    [
        (request(), "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (request(("triple", REGRESS), model=""), "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (request(("triple", REGRESS), model="other"), "NOT_FOUND", "Servable not found for request: Latest(other)"),
        (
            request(("triple", REGRESS), ("triple", REGRESS)),
            "INVALID_ARGUMENT",
            "Duplicate evaluation of signature: triple",
        ),
        (
            request(("nine", REGRESS)),
            "INVALID_ARGUMENT",
            "Requested signature not found in model graph: nine",
        ),
        (
            request(("triple", "tensorflow/serving/predict")),
            "UNIMPLEMENTED",
            "Unsupported signature method_name: tensorflow/serving/predict",
        ),
        (
            request(("triple", CLASSIFY)),
            "FAILED_PRECONDITION",
            'Expected classification signature outputs to contain at least one of "classes" or "scores".',
        ),
        (request(("triple", REGRESS), values=[]), "INVALID_ARGUMENT", "Input is empty."),
    ],
)
def test_refusals(infer, message, code, details):
    assert refusal(infer, message) == (code, details)


def test_tasks_for_two_models(infer):
    message = request(("triple", REGRESS), ("", CLASSIFY))
    message.tasks[1].model_spec.name = "other"
    assert refusal(infer, message) == (
        "INVALID_ARGUMENT",
        "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
    )


def test_signatures_with_inputs_of_their_own(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        infer = prediction_service_pb2_grpc.PredictionServiceStub(channel).MultiInference
        message = request(("classify", CLASSIFY), ("regress", REGRESS), model="zoo")
        assert refusal(infer, message) == ("INVALID_ARGUMENT", "Input tensor must be the same for all Signatures.")
