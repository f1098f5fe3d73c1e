"""Serving: string-in SavedModels, an embedded model server, a client, and files for other runtimes.

Names are imported when they are first used.
"""

from rembert_tf.lazy_imports import lazy_names

_PUBLIC = {
    "export_litert": "rembert_tf.serving.portable.export",
    "export_onnx": "rembert_tf.serving.portable.export",
    "export_saved_model": "rembert_tf.serving.export",
    "AsyncClient": "rembert_tf.serving.client",
    "Client": "rembert_tf.serving.client",
    "ModelServer": "rembert_tf.serving.server",
    "serve_forever": "rembert_tf.serving.server",
}

__all__ = list(_PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, _PUBLIC)
