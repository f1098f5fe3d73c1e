"""Finds the integer-named version directories below a base path."""

import logging

import tensorflow as tf

from rembert_tf.errors import InputError, MissingFileError

SAVED_MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt")
MAX_VERSION = 2**63 - 1  # versions travel as int64

log = logging.getLogger(__name__)


def find_versions(base_path):
    """The version directories of a model; other names are passed over.

    Args:
        base_path: directory whose integer-named subdirectories are SavedModels; `00001` is version 1.

    Returns:
        A non-empty dict of version number -> path.

    Raises:
        MissingFileError: the base path does not exist, or has no version.
        InputError: it is not a directory, or is itself a SavedModel.
    """
    base_path = str(base_path).rstrip("/") or "/"
    if not tf.io.gfile.exists(base_path):
        raise MissingFileError(
            f"{base_path} does not exist; give the directory that holds a model's version directories"
        )
    if not tf.io.gfile.isdir(base_path):
        raise InputError(f"{base_path} is a file; give the directory that holds a model's version directories")
    names = sorted(name.rstrip("/") for name in tf.io.gfile.listdir(base_path))
    versions = {}
    for name in names:
        path = f"{base_path}/{name}"
        if not (name.isascii() and name.isdigit() and int(name) <= MAX_VERSION and tf.io.gfile.isdir(path)):
            continue
        if int(name) in versions:
            log.warning("%s and %s are the same version; the first one is served", versions[int(name)], path)
            continue
        versions[int(name)] = path
    if versions:
        return versions
    if any(name in SAVED_MODEL_FILES for name in names):
        parent, _, own_name = base_path.rpartition("/")
        remedy = f"give its parent, {parent or '/'}" if own_name.isdigit() else f"move it to {base_path}/1"
        raise InputError(f"{base_path} is a SavedModel itself, not a directory of versions; {remedy}")
    raise MissingFileError(
        f"{base_path} has no version directory (a SavedModel in a subdirectory with an integer name, such as 1)"
    )
