"""Reading and writing `model.safetensors`, a tensor at a time where the format allows it."""

import contextlib

import numpy as np

from rembert_tf.errors import InputError

FILE_NAME = "model.safetensors"


class SafetensorsReader:
    """An open file whose tensors are read one by one, by name.

    Args:
        path: of the file.

    Raises:
        InputError: it is not a safetensors file, or it is cut short.
    """

    def __init__(self, path):
        from safetensors import SafetensorError, safe_open

        self.path = str(path)
        self._stack = contextlib.ExitStack()
        try:
            self._file = self._stack.enter_context(safe_open(self.path, framework="numpy"))
        except (SafetensorError, OSError, ValueError) as problem:
            raise InputError(f"{self.path!r} is not a whole safetensors file: {problem}.") from None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def names(self):
        """Returns every tensor's name."""
        return list(self._file.keys())

    def shape(self, name):
        """Returns a tensor's shape without reading it."""
        return tuple(self._file.get_slice(name).get_shape())

    def read(self, name):
        """Returns a tensor as a float32 (or integer) array."""
        array = self._file.get_tensor(name)
        return array if array.dtype.kind in "iub" else np.asarray(array, dtype=np.float32)


def write(path, tensors):
    """Writes arrays by name.

    Args:
        path: of the file.
        tensors: name -> array.
    """
    from safetensors.numpy import save_file

    # The metadata is what the transformers library looks for before it reads the file.
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    save_file(arrays, str(path), metadata={"format": "pt"})
