"""Finds the integer-named version directories below a base path."""

import logging
import os

import tensorflow as tf

from rembert_tf.errors import InputError, MissingFileError

SAVED_MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt")
MAX_VERSION = 2**63 - 1  # versions travel as int64

log = logging.getLogger(__name__)


def list_versions(base_path):
    """The version directories of a model; other names are passed over.

    Args:
        base_path: directory whose integer-named subdirectories are SavedModels; `00001` is version 1.

    Returns:
        A dict of version number -> path, empty when there is none.

    Raises:
        MissingFileError: the base path does not exist.
        InputError: it is not a directory, or cannot be read.
    """
    base_path = _without_slash(base_path)
    versions = {}
    for name in _names(base_path):
        path = f"{base_path}/{name}"
        if not (name.isascii() and name.isdigit() and int(name) <= MAX_VERSION and tf.io.gfile.isdir(path)):
            continue
        if int(name) in versions:
            log.warning("%s and %s are the same version; the second one is served", versions[int(name)], path)
        versions[int(name)] = path
    return versions


def require_versions(base_path):
    """The version directories of a model, of which there must be one; else as `list_versions`.

    Raises:
        MissingFileError: there is no base path or no version.
        InputError: the base path is itself a SavedModel, or as for `list_versions`.
    """
    versions = list_versions(base_path)
    if versions:
        return versions
    base_path = _without_slash(base_path)
    if any(name in SAVED_MODEL_FILES for name in _names(base_path)):
        parent, _, own_name = base_path.rpartition("/")
        remedy = f"give its parent, {parent or '/'}" if own_name.isdigit() else f"move it to {base_path}/1"
        raise InputError(f"{base_path} is a SavedModel itself, not a directory of versions; {remedy}")
    raise MissingFileError(
        f"{base_path} has no version directory (a SavedModel in a subdirectory with an integer name, such as 1)"
    )


def fingerprint(path):
    """Names, sizes and times of the files below a version directory: what changes when somebody mends it."""
    try:
        return tuple((file, *_size_and_time(file)) for file in sorted(_files(path)))
    except (OSError, tf.errors.OpError):
        return ()  # a file went away meanwhile: the next look will find a difference


def _names(base_path):
    try:
        if not tf.io.gfile.exists(base_path):
            raise MissingFileError(
                f"{base_path} does not exist; give the directory that holds a model's version directories"
            )
        if not tf.io.gfile.isdir(base_path):
            raise InputError(f"{base_path} is a file; give the directory that holds a model's version directories")
        return sorted(_list(base_path))
    except tf.errors.OpError as error:
        raise InputError(f"{base_path} cannot be read: {error.message}") from error
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{base_path} cannot be read: {error.strerror}") from error


# On a local disk Python's own functions are asked: TensorFlow's fail at a name that is not UTF-8.


def _list(path):
    return os.listdir(path) if os.path.isdir(path) else [name.rstrip("/") for name in tf.io.gfile.listdir(path)]


def _files(path):
    walk = os.walk if os.path.isdir(path) else tf.io.gfile.walk
    return [f"{folder}/{name}" for folder, _, names in walk(path) for name in names]


def _size_and_time(file):
    if os.path.exists(file):
        facts = os.stat(file)
        return facts.st_size, facts.st_mtime_ns
    facts = tf.io.gfile.stat(file)
    return facts.length, facts.mtime_nsec


def _without_slash(base_path):
    return str(base_path).rstrip("/") or "/"
