"""The answers about models themselves, as the protocol buffers that REST prints and gRPC sends."""

from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

SIGNATURE_DEF = "signature_def"  # the only kind of metadata there is


def metadata_response(name, servable):
    """A `GetModelMetadataResponse` with every signature of a loaded version."""
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = name
    response.model_spec.version.value = servable.version
    response.metadata[SIGNATURE_DEF].Pack(_signature_map(servable))
    return response


def metadata_json(name, servable):
    """The REST form of `metadata_response`: the signature map stands where the `Any` stood."""
    spec = metadata_response(name, servable).model_spec
    body = {"model_spec": _as_dict(spec), "metadata": {SIGNATURE_DEF: _as_dict(_signature_map(servable))}}
    return body


def status_response(versions):
    """A `GetModelStatusResponse` for a dict of version -> `VersionRecord`."""
    response = get_model_status_pb2.GetModelStatusResponse()
    for version, record in versions.items():
        status = response.model_version_status.add(version=version, state=int(record.state))
        status.status.SetInParent()  # an OK status would otherwise be left out
        if record.error is not None:
            status.status.error_code = int(record.error.code)
            status.status.error_message = record.error.message
    return response


def status_json(versions):
    """The REST form of `status_response`."""
    return _as_dict(status_response(versions))


def _signature_map(servable):
    signature_map = get_model_metadata_pb2.SignatureDefMap()
    for key, signature in servable.signatures.items():
        signature_map.signature_def[key].CopyFrom(signature)
    return signature_map


def _as_dict(message):
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
