"""The flavours in which a model directory may hold its weights, and which one is read."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights.h5_file import H5Reader
from rembert_tf.weights.pytorch_file import PytorchReader
from rembert_tf.weights.safetensors_file import SafetensorsReader
from rembert_tf.weights.sharded_files import ShardedReader
from rembert_tf.weights.tensorflow_names import with_our_names

_GIT_LFS = b"version https://git-lfs.github.com/spec/"


@dataclasses.dataclass(frozen=True)
class Flavour:
    """One form of weights.

    Args:
        file: by which a directory is known to have it.
        open: path of `file` -> a reader with names(), shape(name) and read(name), to be used in a `with`.
        shards: pattern of the other files it consists of, or None.
    """

    file: str
    open: Callable
    shards: str | None = None


def _open_whole(reader):
    def open_file(path):
        _refuse_pointer(path)
        return reader(path)

    return open_file


def _open_shards(reader):
    return lambda index: ShardedReader(index, _open_whole(reader))


def _under_our_names(open_file):
    return lambda path: with_our_names(open_file(path))


# The first one that a directory has is read: what transformers prefers, and what is safest, comes first.
FLAVOURS = (
    Flavour("model.safetensors", _under_our_names(_open_whole(SafetensorsReader))),
    Flavour("model.safetensors.index.json", _under_our_names(_open_shards(SafetensorsReader)), "model-*.safetensors"),
    Flavour("pytorch_model.bin", _open_whole(PytorchReader)),
    Flavour("pytorch_model.bin.index.json", _open_shards(PytorchReader), "pytorch_model-*.bin"),
    Flavour("tf_model.h5", _open_whole(H5Reader)),
)


def open_weights(directory):
    """Returns the reader of a directory's weights, to be used in a `with` statement.

    Args:
        directory: a local path.

    Raises:
        MissingFileError: it holds no weights.
        InputError: its weights cannot be read.
    """
    for flavour in FLAVOURS:
        file = Path(directory) / flavour.file
        if file.is_file():
            return flavour.open(file)
    accepted = ", ".join(flavour.file for flavour in FLAVOURS)
    raise MissingFileError(f"{str(directory)!r} has no weights, which would be one of {accepted}.")


def _refuse_pointer(path):
    with open(path, "rb") as file:
        if file.read(len(_GIT_LFS)) == _GIT_LFS:
            raise InputError(f"{str(path)!r} is a Git LFS pointer, not the weights: fetch them with `git lfs pull`.")
