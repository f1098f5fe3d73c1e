"""Clients of model servers that speak TensorFlow Serving's REST or gRPC interface.

Names are imported when they are first used: `AsyncClient` needs the `serving` extra, `Client` does not.
"""

import importlib

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


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(__all__)
