"""What a SavedModel offers, read without loading it: a signature's inputs and outputs, and what tells two apart."""

import dataclasses
import hashlib
import os

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from rembert_tf.config import CONFIG_FILE
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.serving.served_model import model_of
from rembert_tf.serving.server.version_directories import list_versions

GRAPH_FILE, INDEX_FILE = "saved_model.pb", "variables/variables.index"
DEFAULT, SERVING_TAG = "serving_default", "serve"
EXAMPLES = "inputs"  # the one input of signatures that take serialized tf.train.Examples
_EXAMPLE_OUTPUTS = {"classes", "scores", "outputs"}


@dataclasses.dataclass(frozen=True)
class BatchSignature:
    """A signature that takes strings.

    Args:
        name: its key.
        inputs: {name: rank}: 1 for a string a row, 2 for a list of strings.
        outputs: {name: (type's name, rank or None)}.
        takes_examples: whether its one input is a serialized tf.train.Example.
    """

    name: str
    inputs: dict
    outputs: dict
    takes_examples: bool


def saved_model_directory(path):
    """Returns the directory of a SavedModel: `path` itself, or its latest version.

    Raises:
        MissingFileError: there is nothing at `path`.
        InputError: what is there is no SavedModel.
    """
    path = str(path).rstrip("/") or "/"
    path = path if "://" in path else os.path.abspath(path)  # workers may begin in another folder
    expected = "expected what `rembert export` writes: a SavedModel, or a folder of its versions"
    if not tf.io.gfile.exists(path):
        raise MissingFileError(f"there is no SavedModel {path!r}: {expected}.")
    if tf.io.gfile.exists(f"{path}/{GRAPH_FILE}"):
        return path
    versions = list_versions(path) if tf.io.gfile.isdir(path) else {}
    if versions and tf.io.gfile.exists(f"{versions[max(versions)]}/{GRAPH_FILE}"):
        return versions[max(versions)]
    if tf.io.gfile.exists(f"{path}/{CONFIG_FILE}") or model_of(path) is not None:
        raise InputError(f"{path!r} holds a model, not a SavedModel: `rembert export {path} BASE_PATH` first.")
    raise InputError(f"{path!r} is no SavedModel: {expected}.")


def read_signature(directory, name=None):
    """Returns a signature of a SavedModel.

    Args:
        directory: of the SavedModel.
        name: of the signature; None takes `serving_default`, or the only one there is.

    Raises:
        InputError: the SavedModel is damaged, has no such signature, or the signature takes other than strings.
    """
    found = _signatures(directory)
    if name is None:
        name = DEFAULT if DEFAULT in found or len(found) != 1 else next(iter(found))
    if name not in found:
        raise InputError(f"{directory!r} has no signature {name!r}: it has {', '.join(sorted(found)) or 'none'}.")
    inputs = {key: _input_rank(directory, name, key, info) for key, info in sorted(found[name].inputs.items())}
    outputs = {
        key: (tf.as_dtype(info.dtype).name, None if info.tensor_shape.unknown_rank else len(info.tensor_shape.dim))
        for key, info in sorted(found[name].outputs.items())
    }
    if not inputs:
        raise InputError(f"signature {name!r} of {directory!r} has no inputs: there is nothing to ask it.")
    return BatchSignature(name, inputs, outputs, inputs == {EXAMPLES: 1} and outputs.keys() <= _EXAMPLE_OUTPUTS)


def digest(directory):
    """Returns what tells a SavedModel from another: a string that graph, weights and assets decide."""
    files = sorted(
        f"{folder}/{name}"[len(directory) + 1 :] for folder, _, names in tf.io.gfile.walk(directory) for name in names
    )
    told = hashlib.sha256()
    for name in files:
        told.update(f"{name}\n{tf.io.gfile.stat(f'{directory}/{name}').length}\n".encode())
        if name in (GRAPH_FILE, INDEX_FILE):  # the index holds a checksum of each weight
            with tf.io.gfile.GFile(f"{directory}/{name}", "rb") as file:
                told.update(file.read())
    return told.hexdigest()


def _signatures(directory):
    path = f"{directory}/{GRAPH_FILE}"
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            graphs = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs
    except Exception as problem:
        raise InputError(f"{path!r} cannot be read as a SavedModel: {problem}.") from None
    served = [graph for graph in graphs if SERVING_TAG in graph.meta_info_def.tags]
    signatures = served[0].signature_def if served else {}
    return {name: found for name, found in signatures.items() if not name.startswith("__")}


def _input_rank(directory, signature, name, info):
    rank = None if info.tensor_shape.unknown_rank else len(info.tensor_shape.dim)
    if info.dtype != tf.string.as_datatype_enum or rank not in (1, 2):
        kind = tf.as_dtype(info.dtype).name
        raise InputError(
            f"signature {signature!r} of {directory!r} takes {name!r} as {kind} of rank {rank}: files can be answered "
            "by signatures that take a string a row, or a list of strings."
        )
    return rank
