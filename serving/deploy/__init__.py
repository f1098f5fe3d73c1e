"""Files that put an export into production: containers, Kubernetes, KServe, metrics and alerts."""

from rembert_tf.lazy_imports import lazy_names

_PUBLIC = {"write_deployment": "rembert_tf.serving.deploy.folder"}

__all__ = list(_PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, _PUBLIC)
