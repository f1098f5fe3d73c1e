"""The embedded model server; needs the `serving` extra."""

from rembert_tf.errors import MissingExtraError
from rembert_tf.serving.server.defaults import DEFAULT_MODEL_NAME

__all__ = ["DEFAULT_MODEL_NAME", "ModelServer", "serve_forever"]

_EXTRA_PACKAGES = ("aiohttp", "grpc", "prometheus_client", "tensorflow_serving")


def __getattr__(name):
    # Late, so that clients can read the defaults without TensorFlow.
    if name not in ("ModelServer", "serve_forever"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from rembert_tf.serving.server import model_server
    except ImportError as error:
        if (error.name or "").split(".")[0] in _EXTRA_PACKAGES:
            raise MissingExtraError("Serving", "serving") from error
        raise
    return getattr(model_server, name)
