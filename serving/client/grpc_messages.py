"""gRPC requests and what their answers mean; needs the `serving` extra."""

import dataclasses
import functools
from collections.abc import Callable

from google.protobuf import json_format

from rembert_tf.errors import InputError, MissingExtraError
from rembert_tf.serving.client.errors import refused
from rembert_tf.serving.client.failed_connections import grpc_failure
from rembert_tf.serving.client.signatures import check_output_names, read_signatures

try:
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import (
        classification_pb2,
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_service_pb2_grpc,
    )
except ImportError as error:
    raise MissingExtraError("Asking a server over gRPC", "serving") from error

# Channels that reconnect as soon as the client asks again, and do not share another one's failures.
CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.use_local_subchannel_pool", 1),
)


@dataclasses.dataclass(frozen=True)
class GrpcRequest:
    """One request, for a channel of either kind.

    Args:
        method: the stub's method, such as `Predict`.
        message: the request.
        read: turns the answer's message into the request's result.
        refusal: turns a `grpc.RpcError` into an error of `errors.py`, or a TimeoutError.
    """

    method: str
    message: object
    read: Callable[[object], object]
    refusal: Callable[[Exception], Exception]


class GrpcMessages:
    """Builds the requests to one model.

    Args:
        target: a `Target`.
        address: the server's `Address`.
    """

    def __init__(self, target, address):
        self._target = target
        self._address = address

    def signatures(self):
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        return self._request("GetModelMetadata", request, _read_metadata)

    def status(self):
        request = get_model_status_pb2.GetModelStatusRequest()
        return self._request("GetModelStatus", request, lambda answer: _as_json(answer)["model_version_status"])

    def predict(self, signature_name, arrays, signature):
        request = predict_pb2.PredictRequest()
        request.model_spec.signature_name = signature_name
        for name, array in arrays.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array, shape=array.shape))
        read = functools.partial(_read_outputs, signature=signature, model=self._target.model)
        return self._request("Predict", request, read)

    def class_names(self, signature_name, features):
        request = classification_pb2.ClassificationRequest()
        request.model_spec.signature_name = signature_name
        example = request.input.example_list.examples.add()
        for name, value in features.items():
            example.features.feature[name].bytes_list.value.append(value.encode())
        return self._request("Classify", request, _read_class_names)

    def _request(self, method, message, read):
        message.model_spec.name = self._target.model
        if self._target.version is not None:
            message.model_spec.version.value = self._target.version
        elif self._target.label is not None:
            message.model_spec.version_label = self._target.label
        return GrpcRequest(method, message, read, self._refusal)

    def _refusal(self, error):
        code, details = error.code(), error.details() or ""
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            return TimeoutError(details)
        if code == grpc.StatusCode.UNAVAILABLE and "connect" in details.lower():
            return grpc_failure(self._address, details)
        return refused(self._target, code.name, details)


def channel_credentials(ca_file):
    """TLS with the certificates of a PEM file; None trusts the system's."""
    if ca_file is None:
        return grpc.ssl_channel_credentials()
    with open(ca_file, "rb") as file:
        return grpc.ssl_channel_credentials(file.read())


def open_stubs(channel):
    """The methods of both services over a channel, synchronous or not: dict of name -> callable."""
    predictions = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    models = model_service_pb2_grpc.ModelServiceStub(channel)
    return {**vars(predictions), **vars(models)}


def _read_metadata(answer):
    signature_map = get_model_metadata_pb2.SignatureDefMap()
    answer.metadata["signature_def"].Unpack(signature_map)
    return read_signatures({"signature_def": _as_json(signature_map)})


def _read_outputs(answer, signature, model):
    check_output_names(model, answer.outputs, signature)
    return {name: tf.make_ndarray(proto) for name, proto in sorted(answer.outputs.items())}


def _read_class_names(answer):
    if not answer.result.classifications:
        raise InputError("the server names no classes")
    return [entry.label for entry in answer.result.classifications[0].classes]


def _as_json(message):
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
