"""Checkpoints: conversion between formats, with proof, and surgery on model directories.

Names are imported when they are first used.
"""

import importlib

_PUBLIC = {
    "convert": "rembert_tf.checkpoints_tools.conversion",
    "inspect": "rembert_tf.checkpoints_tools.inspection",
    "trim_vocabulary": "rembert_tf.checkpoints_tools.surgery.trim_vocabulary",
    "keep_layers": "rembert_tf.checkpoints_tools.surgery.keep_layers",
    "average": "rembert_tf.checkpoints_tools.surgery.average",
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
