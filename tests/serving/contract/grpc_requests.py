"""gRPC requests to the zoo."""

import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import model_management_pb2, predict_pb2


def fill_spec(request, signature="", name="zoo", version=None, label=None):
    """Writes which model is meant into a request, and returns it."""
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


def reload_request(model_config):
    """A request for another configuration, given as text."""
    request = model_management_pb2.ReloadConfigRequest()
    text_format.Parse(model_config, request.config)
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
