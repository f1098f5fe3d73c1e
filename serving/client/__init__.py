"""A client of model servers that speak TensorFlow Serving's REST or gRPC interface."""

from rembert_tf.serving.client.client import Client
from rembert_tf.serving.client.errors import ModelServerError, UnreachableServerError
from rembert_tf.serving.client.results import Classification, VersionStatus

__all__ = ["Classification", "Client", "ModelServerError", "UnreachableServerError", "VersionStatus"]
