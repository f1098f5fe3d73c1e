"""Safetensors files with the names and orientations of TensorFlow's variables.

transformers 4 wrote them from its TensorFlow classes for `save_pretrained(..., safe_serialization=True)`.
"""

from rembert_tf.errors import InputError
from rembert_tf.weights.h5_names import is_kernel, weight_name


def with_our_names(reader):
    """Returns a reader whose tensors have the names and orientations of `model.safetensors`.

    Args:
        reader: of safetensors; one whose tensors have such names already is returned as it is.

    Raises:
        InputError: two tensors would have the same name.
    """
    return _VariablesReader(reader) if any(weight_name(name) != name for name in reader.names()) else reader


class _VariablesReader:
    def __init__(self, reader):
        self._reader, self._stored = reader, {}
        for stored in reader.names():
            name = weight_name(stored)
            if name in self._stored:
                with reader:  # closes it
                    raise InputError(f"{reader.path!r} holds {name} twice: {self._stored[name]} and {stored}.")
            self._stored[name] = stored
        self.path = reader.path

    def __enter__(self):
        self._reader.__enter__()
        return self

    def __exit__(self, *exception):
        self._reader.__exit__(*exception)

    def names(self):
        """Returns every tensor's name."""
        return list(self._stored)

    def shape(self, name):
        """Returns a tensor's shape without reading it."""
        stored = self._stored[name]
        return self._reader.shape(stored)[::-1] if is_kernel(stored) else self._reader.shape(stored)

    def read(self, name):
        """Returns a tensor as a float32 (or integer) array."""
        stored = self._stored[name]
        return self._reader.read(stored).T if is_kernel(stored) else self._reader.read(stored)
