"""TensorFlow Serving's PredictionService over gRPC."""

import contextlib

from tensorflow_serving.apis import (
    classification_pb2,
    inference_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from rembert_tf.serving.server import example_inference, inference
from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE
from rembert_tf.serving.server.example_inference import CLASSIFY
from rembert_tf.serving.server.example_input import serialized_examples
from rembert_tf.serving.server.grpc_calls import (
    reported,
    repository_spec,
    require_model_spec,
    require_name,
    seconds_left,
)
from rembert_tf.serving.server.model_messages import SIGNATURE_DEF, metadata_response
from rembert_tf.serving.server.multi_inference import multi_inference
from rembert_tf.serving.server.status import invalid_argument
from rembert_tf.serving.server.tensor_proto import to_array, to_proto


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict, Classify, Regress, MultiInference and GetModelMetadata over a repository.

    Args:
        repository: a `ModelRepository`.
        traffic: a `Traffic`.
    """

    def __init__(self, repository, traffic):
        self.traffic = traffic
        self._repository = repository

    @reported
    def Predict(self, request, context, record):
        with self._handle(request, record) as servable:
            inputs = {name: to_array(name, proto) for name, proto in request.inputs.items()}
            record.rows = inference.batch_rows(inputs)
            outputs = inference.predict(
                servable, request.model_spec.signature_name, inputs, request.output_filter, seconds_left(context)
            )
        response = predict_pb2.PredictResponse()
        _echo_spec(response.model_spec, request.model_spec, servable)
        for name, array in outputs.items():
            response.outputs[name].CopyFrom(to_proto(array))
        return response

    @reported
    def Classify(self, request, context, record):
        servable, results = self._run_on_examples(example_inference.classify, request, context, record)
        response = classification_pb2.ClassificationResponse()
        _echo_spec(response.model_spec, request.model_spec, servable)
        _write_classifications(response.result, results)
        return response

    @reported
    def Regress(self, request, context, record):
        servable, values = self._run_on_examples(example_inference.regress, request, context, record)
        response = regression_pb2.RegressionResponse()
        _echo_spec(response.model_spec, request.model_spec, servable)
        _write_regressions(response.result, values)
        return response

    @reported
    def MultiInference(self, request, context, record):
        # As in the original, the first task says which version answers all of them.
        spec = request.tasks[0].model_spec if request.tasks else inference_pb2.InferenceTask().model_spec
        require_name(spec)
        record.model = spec.name
        examples = serialized_examples(request.input)
        with self._repository.handle(repository_spec(spec)) as servable:
            record.found(servable, spec.signature_name or DEFAULT_SIGNATURE)
            record.rows = len(examples)
            answers = multi_inference(servable, list(request.tasks), examples, seconds_left(context))
        response = inference_pb2.MultiInferenceResponse()
        for task, results in answers:
            result = response.results.add()
            _echo_spec(result.model_spec, task.model_spec, servable)
            if task.method_name == CLASSIFY:
                _write_classifications(result.classification_result, results)
            else:
                _write_regressions(result.regression_result, results)
        return response

    @reported
    def GetModelMetadata(self, request, context, record):
        require_model_spec(request)
        if not request.metadata_field:
            raise invalid_argument("GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != SIGNATURE_DEF:
                raise invalid_argument(f"Metadata field {field} is not supported")
        with self._handle(request, record) as servable:
            return metadata_response(request.model_spec.name, servable)

    @contextlib.contextmanager
    def _handle(self, request, record):
        """Holds the servable that a request's model_spec means, and notes it."""
        require_model_spec(request)
        record.model = request.model_spec.name
        with self._repository.handle(repository_spec(request.model_spec)) as servable:
            record.found(servable, request.model_spec.signature_name or DEFAULT_SIGNATURE)
            yield servable

    def _run_on_examples(self, run, request, context, record):
        with self._handle(request, record) as servable:
            examples = serialized_examples(request.input)
            record.rows = len(examples)
            return servable, run(servable, request.model_spec.signature_name, examples, seconds_left(context))


def _echo_spec(answered, asked, servable):
    answered.name = asked.name
    answered.version.value = servable.version
    answered.signature_name = asked.signature_name or DEFAULT_SIGNATURE


def _write_classifications(message, results):
    message.SetInParent()
    for classes in results:
        classifications = message.classifications.add()
        for label, score in classes:
            # The field is text: bytes that are not UTF-8 cannot travel in it.
            classifications.classes.add(label=label.decode("utf-8", "replace"), score=score)


def _write_regressions(message, values):
    message.SetInParent()
    for value in values.tolist():
        message.regressions.add(value=value)
