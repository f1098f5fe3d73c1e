"""Clients of model servers that speak TensorFlow Serving's REST or gRPC interface.

Names are imported when they are first used: `AsyncClient` needs the `serving` extra, `Client` does not.
"""

from rembert_tf.lazy_imports import lazy_names

_HOME = "rembert_tf.serving.client"
_PUBLIC = {
    "AsyncClient": f"{_HOME}.async_client",
    "Client": f"{_HOME}.client",
    "ModelServerError": f"{_HOME}.errors",
    "UnreachableServerError": f"{_HOME}.errors",
    "RetryPolicy": f"{_HOME}.retries",
    "Answer": f"{_HOME}.results",
    "Choice": f"{_HOME}.results",
    "Classification": f"{_HOME}.results",
    "Entity": f"{_HOME}.results",
    "Fill": f"{_HOME}.results",
    "Generated": f"{_HOME}.results",
    "Regression": f"{_HOME}.results",
    "VersionStatus": f"{_HOME}.results",
}

__all__ = list(_PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, _PUBLIC)
