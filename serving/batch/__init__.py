"""Prediction over files of any size: an Apache Beam pipeline around a SavedModel."""

from rembert_tf.lazy_imports import lazy_names

_PUBLIC = {
    "BatchSettings": "rembert_tf.serving.batch.settings",
    "predict_files": "rembert_tf.serving.batch.predict",
}

__all__ = list(_PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, _PUBLIC)
