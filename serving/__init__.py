"""Serving: string-in SavedModels, an embedded model server, and a client.

Names are imported when they are first used.
"""

import importlib

_PUBLIC = {
    "export_saved_model": "rembert_tf.serving.export",
    "AsyncClient": "rembert_tf.serving.client",
    "Client": "rembert_tf.serving.client",
    "ModelServer": "rembert_tf.serving.server",
    "serve_forever": "rembert_tf.serving.server",
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
