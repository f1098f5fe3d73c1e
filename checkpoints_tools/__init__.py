"""Checkpoints: conversion between formats, with proof, and surgery on model directories.

Names are imported when they are first used.
"""

from rembert_tf.lazy_imports import lazy_names

_PUBLIC = {
    "convert": "rembert_tf.checkpoints_tools.conversion",
    "inspect": "rembert_tf.checkpoints_tools.inspection",
    "trim_vocabulary": "rembert_tf.checkpoints_tools.surgery.trim_vocabulary",
    "keep_layers": "rembert_tf.checkpoints_tools.surgery.keep_layers",
    "average": "rembert_tf.checkpoints_tools.surgery.average",
}

__all__ = list(_PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, _PUBLIC)
