"""Requests over gRPC; needs the `serving` extra."""

from google.protobuf import json_format

from rembert_tf.errors import MissingExtraError
from rembert_tf.serving.client.errors import no_answer, refused, too_slow
from rembert_tf.serving.client.signatures import read_signatures

try:
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_service_pb2_grpc,
    )
except ImportError as error:
    raise MissingExtraError("Asking a server over gRPC", "serving") from error

_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


class GrpcTransport:
    """One channel, which any number of threads may share."""

    def __init__(self, address, timeout):
        self._url = address.geturl()
        self._timeout = timeout
        self._channel = grpc.insecure_channel(address.netloc, options=_OPTIONS)
        self._predictions = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)

    def signatures(self, model, version):
        request = _for_model(get_model_metadata_pb2.GetModelMetadataRequest(), model, version)
        request.metadata_field.append("signature_def")
        answer = self._call(model, self._predictions.GetModelMetadata, request)
        signature_map = get_model_metadata_pb2.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(signature_map)
        return read_signatures({"signature_def": _as_json(signature_map)})

    def status(self, model, version):
        request = _for_model(get_model_status_pb2.GetModelStatusRequest(), model, version)
        return _as_json(self._call(model, self._models.GetModelStatus, request))["model_version_status"]

    def predict(self, model, version, signature_name, arrays, signature):
        request = _for_model(predict_pb2.PredictRequest(), model, version)
        request.model_spec.signature_name = signature_name
        for name, array in arrays.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array, shape=array.shape))
        outputs = self._call(model, self._predictions.Predict, request).outputs
        return {name: tf.make_ndarray(proto) for name, proto in sorted(outputs.items())}

    def close(self):
        self._channel.close()

    def _call(self, model, method, request):
        try:
            return method(request, timeout=self._timeout)
        except grpc.RpcError as error:
            code = error.code()
            if code == grpc.StatusCode.DEADLINE_EXCEEDED:
                raise too_slow(self._url, self._timeout) from error
            if code == grpc.StatusCode.UNAVAILABLE and "connect" in error.details():
                raise no_answer(self._url, error.details()) from error
            raise refused(model, code.name, error.details()) from error


def _for_model(request, model, version):
    request.model_spec.name = model
    if version is not None:
        request.model_spec.version.value = version
    return request


def _as_json(message):
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
