"""A weights file as the family spells it: names without prefix, shapes checked, one tensor at a time."""

import contextlib
import functools
import hashlib

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.weights.flavours import open_weights
from rembert_tf.weights.locations import WEIGHTS, local_path

PREFIX = "rembert."  # a file of a class with a head has it, a bare encoder's has not
BLOCK_PREFIX, BLOCK_WEIGHTS = "encoder.layer.", 26  # a decoder's block with cross-attention has the most
BUFFERS = ("embeddings.position_ids",)  # 0, 1, 2, ...: older .bin files hold it, no class has such a weight


class NamedTensors:
    """The weights behind an open reader.

    Args:
        reader: an object with `names()`, `shape(name)` and `read(name)`, such as a SafetensorsReader.
        directory: for messages.

    Raises:
        InputError: a weight is there twice, with and without prefix.
    """

    def __init__(self, reader, directory):
        self.reader, self.directory = reader, str(directory)
        self._in_file = {}
        for name in reader.names():
            if self._in_file.setdefault(name.removeprefix(PREFIX), name) != name:
                raise InputError(f"{self.directory!r} holds {name} both with and without the prefix {PREFIX!r}.")
        for name in BUFFERS:
            self._in_file.pop(name, None)
        # Several inputs go through a block before any goes through the next, so that a file is read once.
        self._read_recent = functools.lru_cache(BLOCK_WEIGHTS)(self._read)

    def __contains__(self, name):
        return name in self._in_file

    def names(self):
        """Returns every weight's name without prefix, sorted."""
        return sorted(self._in_file)

    def shape(self, name):
        """Returns a weight's shape without reading it."""
        return tuple(self.reader.shape(self._in_file[name]))

    def read(self, name, shape=None):
        """Returns a weight as float32, not to be changed.

        Args:
            name: without prefix.
            shape: what it must be, or None for any.

        Raises:
            InputError: there is no such weight, or it has another shape.
        """
        if name not in self._in_file:
            raise InputError(f"{self.directory!r} has no weight {name}, which its configuration asks for.")
        if shape is not None and self.shape(name) != tuple(shape):
            raise InputError(
                f"{name} in {self.directory!r} has shape {self.shape(name)}; its configuration asks for {tuple(shape)}."
            )
        return self._read_recent(name) if name.startswith(BLOCK_PREFIX) else self._read(name)

    def _read(self, name):
        # Contiguous, so that equal weights give equal sums whatever arrangement a kind of file has.
        return np.ascontiguousarray(self.reader.read(self._in_file[name]), np.float32)


@contextlib.contextmanager
def open_tensors(path):
    """Yields the NamedTensors of a model directory, wherever it lies and whatever kind of file it has.

    Args:
        path: of the directory.

    Raises:
        MissingFileError: it holds no weights.
        InputError: its weights cannot be read.
    """
    with local_path(path, WEIGHTS) as directory, open_weights(directory) as reader:
        yield NamedTensors(reader, path)


def digests(tensors, report=None):
    """Returns {name: SHA-256 of its name, shape and float32 bytes}, whatever kind of file holds the weights.

    Args:
        tensors: NamedTensors.
        report: called as `report(done, total)` before each tensor, or None.
    """
    found, names = {}, tensors.names()
    for done, name in enumerate(names):
        if report is not None:
            report(done, len(names))
        array = tensors.read(name).astype("<f4", copy=False)
        digest = hashlib.sha256(f"{name} {array.shape}\n".encode())
        digest.update(array.data)
        found[name] = digest.hexdigest()
    return found


def fingerprint(digests_by_name):
    """Returns the one SHA-256 that stands for a set of weights: over their digests in the order of their names."""
    return hashlib.sha256("".join(digest for _, digest in sorted(digests_by_name.items())).encode()).hexdigest()
