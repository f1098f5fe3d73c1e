"""TensorFlow's checkpoint files, a tensor at a time: `.index` with names, `.data-*-of-*` with numbers.

Both kinds of checkpoint, TF1's with plain names and TF2's with a graph of objects, are such files.
"""

import contextlib
import math
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights.stored_arrays import as_loaded

_PART = re.compile(r"(.+)\.(index|meta|data-\d{5}-of-\d{5})$")
_SHARD = re.compile(r"\.data-(\d{5})-of-(\d{5})$")
STATE_FILE = "checkpoint"
GROUP_BYTES = 2**28


def find_prefix(path):
    """Returns the prefix of a checkpoint's files, or None where there is no checkpoint.

    Args:
        path: a prefix, one of its files, or a folder; local or any place that `tf.io.gfile` reaches. In a
            folder the file `checkpoint` says which is the latest; without it there must be only one.

    Raises:
        InputError: a folder holds several checkpoints and nothing says which.
    """
    from tensorflow.io import gfile

    path = str(path).rstrip("/")
    if gfile.isdir(path):
        return _prefix_in(path)
    part = _PART.match(path)
    prefix = part[1] if part else path
    return prefix if gfile.exists(f"{prefix}.index") else None


def _prefix_in(folder):
    from tensorflow import train
    from tensorflow.io import gfile

    found = sorted(file.removesuffix(".index") for file in gfile.glob(f"{folder}/*.index"))
    state = train.get_checkpoint_state(folder) if gfile.exists(f"{folder}/{STATE_FILE}") else None
    if state is not None:
        # The path in it is where the checkpoint was written; the folder may have moved since.
        latest = f"{folder}/{Path(state.model_checkpoint_path).name}"
        if latest in found:
            return latest
    if len(found) > 1:
        names = ", ".join(Path(prefix).name for prefix in found)
        raise InputError(f"{folder!r} holds several checkpoints ({names}): name one of them.")
    return found[0] if found else None


class CheckpointReader:
    """An open checkpoint, whose tensors are read by name.

    Args:
        prefix: of its files.

    Raises:
        MissingFileError: files with numbers are missing; the message names them.
        InputError: it is no checkpoint.
    """

    def __init__(self, prefix):
        from tensorflow import train

        self.prefix = str(prefix)
        self._check_shards()
        with self._naming_damage("its names"):
            self._reader = train.load_checkpoint(self.prefix)
            self._shapes = {name: tuple(shape) for name, shape in self._reader.get_variable_to_shape_map().items()}
        self._check_size()

    def names(self):
        """Returns every tensor's name, sorted."""
        return sorted(self._shapes)

    def shape(self, name):
        """Returns a tensor's shape without reading it."""
        return self._shapes[name]

    def read(self, name):
        """Returns a tensor as float32, or as it is where it holds integers.

        Raises:
            InputError: its bytes are damaged or missing.
        """
        with self._naming_damage(name):
            array = self._reader.get_tensor(name)
        return as_loaded(array, self.prefix, name) if isinstance(array, np.ndarray) else np.asarray(array)

    def _check_shards(self):
        from tensorflow.io import gfile

        matches = [match for match in map(_SHARD.search, gfile.glob(f"{self.prefix}.data-*")) if match]
        numbers = {int(match[2]) for match in matches}
        if len(numbers) > 1:
            raise InputError(f"{self.prefix!r} has data files of two checkpoints: {_listed(m[0] for m in matches)}.")
        count = numbers.pop() if numbers else 1
        expected = {f".data-{index:05d}-of-{count:05d}" for index in range(count)}
        missing = expected - {match[0] for match in matches}
        if missing:
            raise MissingFileError(f"the checkpoint {self.prefix!r} lacks its file {_listed(missing)}.")

    def _check_size(self):
        """Raises an error where the data files cannot hold all tensors, the ones that nobody reads included."""
        from tensorflow.io import gfile

        dtypes = self._reader.get_variable_to_dtype_map()
        due = sum(math.prod(shape) * dtypes[name].size for name, shape in self._shapes.items())
        size = sum(gfile.stat(file).length for file in gfile.glob(f"{self.prefix}.data-*"))
        if size < due:
            raise InputError(
                f"the checkpoint {self.prefix!r} is damaged or cut short: its data files have {size:,} bytes, "
                f"its tensors need {due:,} and cannot be read."
            )

    @contextlib.contextmanager
    def _naming_damage(self, what):
        from tensorflow import errors

        try:
            yield
        # For some kinds of damage the checkpoint reader raises plain errors of Python.
        except (errors.OpError, RuntimeError, ValueError, LookupError) as problem:
            reason = str(problem).split("\n")[0]
            raise InputError(
                f"the checkpoint {self.prefix!r} is damaged or cut short: {what} cannot be read ({reason})."
            ) from None


def _listed(names):
    return ", ".join(sorted(names))


class CheckpointWriter:
    """Writes a checkpoint a few tensors at a time; the files appear when the `with` block ends well.

    Args:
        prefix: of the files; the folder exists.
        group_bytes: how many bytes of tensors are held before they are written, as one data file.
    """

    def __init__(self, prefix, group_bytes=GROUP_BYTES):
        self.prefix = str(prefix)
        self._group_bytes = group_bytes
        self._group, self._waiting, self._parts = {}, 0, []

    def __enter__(self):
        self._folder = Path(tempfile.mkdtemp(prefix=".parts-", dir=Path(self.prefix).parent))
        return self

    def __exit__(self, kind, problem, trace):
        try:
            if kind is None:
                self._flush()
                with self._naming_failure():
                    self._merge()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _merge(self):
        from tensorflow import raw_ops

        # Data files are renamed, not copied.
        raw_ops.MergeV2Checkpoints(
            checkpoint_prefixes=self._parts, destination_prefix=self.prefix, delete_old_dirs=False
        )

    @contextlib.contextmanager
    def _naming_failure(self):
        from tensorflow import errors

        try:
            yield
        except errors.OpError as problem:
            raise InputError(f"cannot write the checkpoint {self.prefix!r}: {problem.message}.") from problem

    def add(self, name, array):
        """Takes a tensor: a NumPy array, or bytes for a scalar string."""
        size = len(array) if isinstance(array, bytes) else array.nbytes
        if self._group and self._waiting + size > self._group_bytes:
            self._flush()
        self._group[name] = array
        self._waiting += size

    def _flush(self):
        from tensorflow import raw_ops

        part = str(self._folder / f"part-{len(self._parts)}")
        names, arrays = list(self._group), list(self._group.values())
        self._group, self._waiting = {}, 0
        with self._naming_failure():
            raw_ops.SaveV2(
                prefix=part,
                tensor_names=names,
                shape_and_slices=[""] * len(names),
                tensors=[_as_tensor(array) for array in arrays],
            )
        self._parts.append(part)


def _as_tensor(array):
    """Returns a tensor of an array; large ones share its memory, where converting would hold two more copies."""
    import tensorflow as tf

    if isinstance(array, bytes) or array.nbytes < 2**20:
        return tf.constant(array)
    array = np.ascontiguousarray(array)
    return tf.experimental.dlpack.from_dlpack((array if array.flags.writeable else array.copy()).__dlpack__())
