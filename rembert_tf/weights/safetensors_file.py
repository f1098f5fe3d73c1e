"""Reading a safetensors file, a tensor at a time, and writing one from arrays in memory."""

import contextlib
import json
import math

import ml_dtypes
import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.weights import safetensors_writer
from rembert_tf.weights.stored_arrays import as_loaded

_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": ml_dtypes.bfloat16,
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
}


class SafetensorsReader:
    """An open file whose tensors are read one by one, by name.

    The library checks the file. The numbers are read here: the library maps the file into memory, and a
    tensor would be there twice while it is read.

    Args:
        path: of the file.

    Raises:
        InputError: it is not a safetensors file, or it is cut short.
    """

    def __init__(self, path):
        self.path = str(path)
        self._stack = contextlib.ExitStack()
        with self._naming_damage():
            self._entries, self._begin = _checked_header(self.path)
            self._file = self._stack.enter_context(open(self.path, "rb"))  # noqa: SIM115 the stack closes it

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def names(self):
        """Returns every tensor's name."""
        return list(self._entries)

    def shape(self, name):
        """Returns a tensor's shape without reading it."""
        return tuple(self._entries[name]["shape"])

    def read(self, name):
        """Returns a tensor as a float32 (or integer) array.

        Raises:
            InputError: it is stored in a precision that is not read.
        """
        entry = self._entries[name]
        if entry["dtype"] not in _DTYPES:
            raise InputError(f"{self.path!r} holds {name} as {entry['dtype']}; accepted are {', '.join(_DTYPES)}.")
        with self._naming_damage():
            self._file.seek(self._begin + entry["data_offsets"][0])
            numbers = np.empty(math.prod(entry["shape"]), _DTYPES[entry["dtype"]])
            if self._file.readinto(numbers.view(np.uint8)) != numbers.nbytes:
                raise InputError(f"{self.path!r} is not a whole safetensors file: {name} is cut short.")
        return as_loaded(numbers.reshape(entry["shape"]), self.path, name)

    @contextlib.contextmanager
    def _naming_damage(self):
        from safetensors import SafetensorError

        try:
            yield
        except (SafetensorError, OSError) as problem:
            raise InputError(f"{self.path!r} is not a whole safetensors file: {problem}.") from None


def _checked_header(path):
    """Returns {name: entry} of a file that the library accepts, and where the numbers begin."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as accepted:
        names = list(accepted.keys())
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    return {name: header[name] for name in names}, 8 + length


def write(path, arrays):
    """Writes arrays as float32.

    Args:
        path: of the file.
        arrays: name -> array.
    """
    safetensors_writer.write(path, [(name, array.shape, lambda a=array: a) for name, array in arrays.items()])
