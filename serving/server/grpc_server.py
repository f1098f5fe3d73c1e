"""The gRPC interface: TensorFlow Serving's PredictionService and ModelService."""

import functools
import logging
from concurrent.futures import ThreadPoolExecutor

import grpc
from tensorflow_serving.apis import (
    classification_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from rembert_tf.errors import InputError
from rembert_tf.serving.server import example_inference, inference
from rembert_tf.serving.server.address import join, listen
from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE
from rembert_tf.serving.server.example_input import serialized_examples
from rembert_tf.serving.server.model_messages import SIGNATURE_DEF, metadata_response, status_response
from rembert_tf.serving.server.repository import ModelSpec
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument
from rembert_tf.serving.server.tensor_proto import to_array, to_proto

MAX_MESSAGE_CHARACTERS = 1024  # of an error; longer ones could overflow a response's header
NO_DEADLINE = 10.0**8  # seconds; three years
_OPTIONS = (
    ("grpc.so_reuseport", 0),  # otherwise a second server takes half of the requests instead of failing
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)

log = logging.getLogger(__name__)


class GrpcServer:
    """Serves a repository over gRPC. A port is taken at construction, requests are answered from `start` on.

    Args:
        repository: a `ModelRepository`.
        host: interface to listen on.
        port: 0 takes a free one; the attribute of the same name tells which, once started.
        threads: how many requests are computed at a time.
        grace: seconds that running requests have to end after `stop`.
    """

    def __init__(self, repository, host, port, threads, grace):
        self.port = port
        self._host = host
        self._grace = grace
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="grpc")
        self._repository = repository
        self._server = None
        # gRPC says only that it could not bind, and a server that never started keeps its port: so the
        # port is held by a plain socket, which says why it cannot be had, until there is something to serve.
        self._reservation = listen(host, port)

    def start(self):
        """Begins to answer."""
        server = grpc.server(self._workers, options=_OPTIONS)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(PredictionService(self._repository), server)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(self._repository), server)
        self._reservation.close()
        try:
            self.port = server.add_insecure_port(join(self._host, self.port))
        except RuntimeError as error:
            raise InputError(f"port {self.port} of {self._host} cannot be opened: {error}") from error
        server.start()
        self._server = server

    def stop(self):
        """Refuses new requests, waits for running ones, and gives the port back."""
        if self._server is not None:
            self._server.stop(self._grace).wait()
        self._reservation.close()
        self._workers.shutdown()


def _reports_status(method):
    """Turns a ServingError into the call's status, and anything else into INTERNAL."""

    @functools.wraps(method)
    def call(self, request, context):
        try:
            return method(self, request, context)
        except ServingError as error:
            code, message = error.code, error.message
        except Exception as error:
            log.exception("%s failed", method.__name__)
            code, message = Code.INTERNAL, f"{type(error).__name__}: {error}"
        if len(message) > MAX_MESSAGE_CHARACTERS:
            message = message[:MAX_MESSAGE_CHARACTERS] + "...TRUNCATED"
        context.abort(grpc.StatusCode[code.name], message)

    return call


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict, Classify, Regress and GetModelMetadata over a repository."""

    def __init__(self, repository):
        self._repository = repository

    @_reports_status
    def Predict(self, request, context):
        servable = self._servable(request)
        inputs = {name: to_array(name, proto) for name, proto in request.inputs.items()}
        outputs = inference.predict(
            servable, request.model_spec.signature_name, inputs, request.output_filter, _timeout(context)
        )
        response = predict_pb2.PredictResponse()
        _echo_spec(response, request, servable)
        for name, array in outputs.items():
            response.outputs[name].CopyFrom(to_proto(array))
        return response

    @_reports_status
    def Classify(self, request, context):
        servable = self._servable(request)
        results = example_inference.classify(
            servable,
            request.model_spec.signature_name,
            serialized_examples(request.input),
            _timeout(context),
        )
        response = classification_pb2.ClassificationResponse()
        _echo_spec(response, request, servable)
        for classes in results:
            classifications = response.result.classifications.add()
            for label, score in classes:
                # The field is text: bytes that are not UTF-8 cannot travel in it.
                classifications.classes.add(label=label.decode("utf-8", "replace"), score=score)
        return response

    @_reports_status
    def Regress(self, request, context):
        servable = self._servable(request)
        values = example_inference.regress(
            servable,
            request.model_spec.signature_name,
            serialized_examples(request.input),
            _timeout(context),
        )
        response = regression_pb2.RegressionResponse()
        _echo_spec(response, request, servable)
        for value in values.tolist():
            response.result.regressions.add(value=value)
        return response

    @_reports_status
    def GetModelMetadata(self, request, context):
        _require_model_spec(request)
        if not request.metadata_field:
            raise invalid_argument("GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != SIGNATURE_DEF:
                raise invalid_argument(f"Metadata field {field} is not supported")
        return metadata_response(request.model_spec.name, self._servable(request))

    @_reports_status
    def MultiInference(self, request, context):
        raise ServingError(Code.UNIMPLEMENTED, "This server does not answer MultiInference; call each method alone")

    def _servable(self, request):
        _require_model_spec(request)
        return self._repository.find(_repository_spec(request.model_spec))


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus over a repository."""

    def __init__(self, repository):
        self._repository = repository

    @_reports_status
    def GetModelStatus(self, request, context):
        _require_model_spec(request)
        spec = _repository_spec(request.model_spec)
        return status_response(self._repository.version_states(spec.name, spec.version))

    @_reports_status
    def HandleReloadConfigRequest(self, request, context):
        raise ServingError(Code.UNIMPLEMENTED, "This server does not change its models while it runs")


def _timeout(context):
    """Seconds until the caller's deadline; None without one, for which gRPC gives some centuries."""
    remaining = context.time_remaining()
    return None if remaining is None or remaining > NO_DEADLINE else remaining


def _require_model_spec(request):
    if not request.HasField("model_spec"):
        raise invalid_argument("Missing ModelSpec")
    if not request.model_spec.name:
        raise invalid_argument("ModelSpec has no name specified.")


def _repository_spec(spec):
    choice = spec.WhichOneof("version_choice")
    return ModelSpec(
        name=spec.name,
        version=spec.version.value if choice == "version" else None,
        label=spec.version_label if choice == "version_label" else None,
    )


def _echo_spec(response, request, servable):
    response.model_spec.name = request.model_spec.name
    response.model_spec.version.value = servable.version
    response.model_spec.signature_name = request.model_spec.signature_name or DEFAULT_SIGNATURE
