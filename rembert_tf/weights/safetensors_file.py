"""Reading a safetensors file, a tensor at a time, and writing one from arrays in memory."""

import contextlib

from rembert_tf.errors import InputError
from rembert_tf.weights import safetensors_writer
from rembert_tf.weights.stored_arrays import as_loaded


class SafetensorsReader:
    """An open file whose tensors are read one by one, by name.

    Args:
        path: of the file.

    Raises:
        InputError: it is not a safetensors file, or it is cut short.
    """

    def __init__(self, path):
        from safetensors import safe_open

        self.path = str(path)
        self._stack = contextlib.ExitStack()
        with self._naming_damage():
            self._file = self._stack.enter_context(safe_open(self.path, framework="numpy"))

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
        """Returns a tensor as a float32 (or integer) array.

        Raises:
            InputError: it is stored in a precision that is not read.
        """
        with self._naming_damage():
            return as_loaded(self._file.get_tensor(name), self.path, name)

    @contextlib.contextmanager
    def _naming_damage(self):
        from safetensors import SafetensorError

        try:
            yield
        except InputError:
            raise
        # The library answers a precision that NumPy lacks with a KeyError, a TypeError or an AttributeError.
        except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            raise InputError(f"{self.path!r} is not a whole safetensors file: {problem}.") from None


def write(path, arrays):
    """Writes arrays as float32.

    Args:
        path: of the file.
        arrays: name -> array.
    """
    safetensors_writer.write(path, [(name, array.shape, lambda a=array: a) for name, array in arrays.items()])
