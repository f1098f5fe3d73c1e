"""Reading `pytorch_model.bin`, a tensor at a time; nothing in it is ever executed."""

import contextlib
import math

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.weights.pytorch_pickle import read_state_dict
from rembert_tf.weights.stored_arrays import as_loaded
from rembert_tf.weights.torch_archive import TorchArchive

# Strides of 0 let a file of a few bytes claim any size; torch writes them for tiny buffers only.
_LARGEST_REPETITION = 1 << 24


class PytorchReader:
    """An open file whose tensors are read one by one, by name.

    Args:
        path: of the file.

    Raises:
        InputError: it is no dictionary of tensors as torch.save writes it since version 1.6, or it is damaged.
    """

    def __init__(self, path):
        self.path = str(path)
        with contextlib.ExitStack() as on_failure:
            self._archive = TorchArchive(path)
            on_failure.callback(self._archive.close)
            self._tensors = read_state_dict(self._archive.pickle(), self.path)
            for name, tensor in self._tensors.items():
                self._check(name, tensor)
            on_failure.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._archive.close()

    def names(self):
        """Returns every tensor's name."""
        return list(self._tensors)

    def shape(self, name):
        """Returns a tensor's shape without reading it."""
        return self._tensors[name].shape

    def read(self, name):
        """Returns a tensor as a float32 (or integer) array.

        Raises:
            InputError: its bytes are damaged.
        """
        tensor = self._tensors[name]
        dtype = _dtype(tensor.storage.dtype)
        content = self._archive.read_storage(
            tensor.storage.key, tensor.offset * dtype.itemsize, tensor.span * dtype.itemsize
        )
        if not tensor.span:
            return as_loaded(np.empty(tensor.shape, dtype), self.path, name)
        strides = [stride * dtype.itemsize for stride in tensor.strides]
        return as_loaded(np.ndarray(tensor.shape, dtype, content, strides=strides), self.path, name)

    def _check(self, name, tensor):
        size = self._archive.storage_size(tensor.storage.key)
        needed = tensor.storage.elements * _dtype(tensor.storage.dtype).itemsize
        if size is None or size < needed:
            raise InputError(
                f"{self.path!r} is damaged: {name} needs {needed} bytes of the entry data/{tensor.storage.key}, "
                f"which {'is missing' if size is None else f'has {size}'}."
            )
        if math.prod(tensor.shape) > max(tensor.storage.elements, _LARGEST_REPETITION):
            raise InputError(
                f"{self.path!r} is refused: {name} has shape {tensor.shape}, far more elements than are stored."
            )


def _dtype(name):
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name).newbyteorder("<")
