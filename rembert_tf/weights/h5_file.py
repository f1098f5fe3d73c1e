"""Reading `tf_model.h5` as the TensorFlow classes of the transformers library wrote it."""

import contextlib

from rembert_tf.errors import InputError
from rembert_tf.weights.h5_names import is_kernel, weight_name
from rembert_tf.weights.stored_arrays import as_loaded


class H5Reader:
    """An open file whose tensors are read one by one, under their names and in the form of `model.safetensors`.

    Args:
        path: of the file.

    Raises:
        InputError: it is no such file, or it is damaged.
    """

    def __init__(self, path):
        import h5py

        self.path = str(path)
        with contextlib.ExitStack() as on_failure, self._naming_damage():
            self._file = on_failure.enter_context(h5py.File(self.path, "r"))
            if "layer_names" not in self._file.attrs:
                raise InputError(
                    f"{self.path!r} is an HDF5 file, but not one that the TensorFlow classes of transformers wrote."
                )
            self._datasets = self._find_datasets(h5py.Dataset)
            on_failure.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.close()

    def names(self):
        """Returns every tensor's name."""
        return list(self._datasets)

    def shape(self, name):
        """Returns a tensor's shape without reading it."""
        dataset = self._datasets[name]
        return dataset.shape[::-1] if is_kernel(dataset.name) else dataset.shape

    def read(self, name):
        """Returns a tensor as a float32 (or integer) array.

        Raises:
            InputError: its bytes are damaged.
        """
        dataset = self._datasets[name]
        with self._naming_damage():
            array = as_loaded(dataset[()], self.path, name)
        return array.T if is_kernel(dataset.name) else array

    def _find_datasets(self, kind):
        """Returns {name: dataset}; links that lead out of the file are not followed."""
        found = {}

        def visit(path, item):
            if not isinstance(item, kind):
                return
            name = weight_name(path)
            if name in found:
                raise InputError(f"{self.path!r} holds {name} twice: {found[name].name[1:]} and {path}.")
            if item.shape is None or item.external or item.is_virtual:
                raise InputError(f"{self.path!r} holds {path} without its numbers.")
            found[name] = item

        self._file.visititems(visit)
        return found

    @contextlib.contextmanager
    def _naming_damage(self):
        try:
            yield
        except InputError:
            raise
        # What h5py raises depends on the byte that is wrong.
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as problem:
            raise InputError(f"{self.path!r} is not a whole HDF5 file: {problem}.") from None
