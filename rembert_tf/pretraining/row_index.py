"""Where each row of a corpus lies in its shards, so that any row is read without the others."""

import contextlib
import functools
import hashlib
import os
import shutil
import tempfile
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tensorflow as tf

from rembert_tf.datasets import untuned
from rembert_tf.errors import InputError
from rembert_tf.pretraining.corpus_folder import FEATURE
from rembert_tf.weights.atomic_files import PARTIAL

# TFRecord: 8 bytes of length and 4 of its checksum before a record, 4 of the content's after it.
BEFORE, AFTER = 12, 4
CHECKED = 1024  # rows that are looked at together
NUMBER = np.dtype("<u8")


class RowIndex:
    """The rows of some shards, by number.

    Numbers are read from a file where they are needed, and take no memory: a billion rows are 8 GB on the disk.

    Args:
        shards: paths, in order.
        file: binary, opened for reading: uint64 numbers, first where in its shard each row's record begins, then how
            many rows each shard has.
    """

    def __init__(self, shards, file):
        self.shards, self._file = shards, file
        weakref.finalize(self, file.close)
        rows = os.fstat(file.fileno()).st_size // NUMBER.itemsize - len(shards)
        self._ends = np.cumsum(self._numbers(rows, len(shards)))

    def __len__(self):
        return int(self._ends[-1])

    def _numbers(self, first, count):
        content = os.pread(self._file.fileno(), count * NUMBER.itemsize, first * NUMBER.itemsize)
        return np.frombuffer(content, NUMBER).astype(np.int64)

    def read(self, row):
        """Returns the content of a row's record, a serialized tf.train.Example."""
        shard = int(np.searchsorted(self._ends, row, side="right"))
        (start, end), path = self._numbers(row, 2), self.shards[shard]
        is_last = row + 1 == self._ends[shard]
        try:
            with open(path, "rb", buffering=0) as file:
                file.seek(int(start))
                record = file.read(-1 if is_last else int(end - start))
        except OSError as problem:
            raise InputError(f"cannot read {str(path)!r}: {problem.strerror or problem}.") from None
        return record[BEFORE:-AFTER]


def row_index(folder, name, shards, vocab_size, max_length):
    """Returns the RowIndex of shards; reads them whole and checks every row, unless that was done before.

    What was found is kept in the corpus' folder `index`, if that can be written, and used as long as the shards
    have the same names and sizes.

    Args:
        folder: of the corpus.
        name: of the index, told apart from others.
        shards: paths of TFRecord files.
        vocab_size: no id may reach it.
        max_length: pieces that no row may exceed.

    Raises:
        InputError: a shard is missing, empty, cut off or damaged, or a row is none; the message names it.
    """
    sizes = [_size(path) for path in shards]
    seen = repr((vocab_size, max_length, [(Path(path).name, size) for path, size in zip(shards, sizes, strict=True)]))
    file = Path(folder) / "index" / f"{name}-{hashlib.sha256(seen.encode()).hexdigest()[:16]}"
    if not file.is_file():
        made = _made_index(shards, vocab_size, max_length)
        with contextlib.suppress(OSError):  # a corpus that is only lent is read again the next time
            _keep(made, file)
        return RowIndex(shards, made)
    return RowIndex(shards, open(file, "rb"))  # noqa: SIM115 - for as long as rows are read


def _made_index(shards, vocab_size, max_length):
    """Returns a file without a name that holds what a RowIndex reads."""
    counts, file = [], tempfile.TemporaryFile()  # noqa: SIM115 - for as long as rows are read
    try:
        check = functools.partial(_checked_offsets, vocab_size=vocab_size, max_length=max_length)
        with ThreadPoolExecutor() as pool:  # most of the work is TensorFlow's
            for offsets in pool.map(check, shards):
                file.write(offsets.tobytes())
                counts.append(len(offsets))
        file.write(np.array(counts, NUMBER).tobytes())
        file.flush()
    except InputError:
        raise
    except OSError as problem:
        raise InputError(f"cannot write into {tempfile.gettempdir()!r}: {problem.strerror or problem}.") from problem
    return file


def _keep(made, path):
    """Copies an index to its place; it is there whole or not at all, however many runs do this at once."""
    path.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=PARTIAL, delete=False) as copy:
        try:
            made.seek(0)
            shutil.copyfileobj(made, copy)
            copy.flush()
            os.fsync(copy.fileno())
            os.chmod(copy.name, 0o644)
            os.replace(copy.name, path)
        finally:
            Path(copy.name).unlink(missing_ok=True)


def _size(path):
    try:
        size = Path(path).stat().st_size
    except OSError as problem:
        raise InputError(f"cannot read the shard {str(path)!r}: {problem.strerror or problem}.") from None
    if not size:
        raise InputError(f"the shard {str(path)!r} is empty: copy it again, or prepare the corpus anew.")
    return size


def _checked_offsets(path, vocab_size, max_length):
    """Returns (rows,) uint64: where each record of a shard begins."""
    found, rows = [], 0
    try:
        # On a GPU the threads' small eager operations were mixed up (TensorFlow 2.20), and would gain nothing.
        with tf.device("CPU"):
            for records in untuned(tf.data.TFRecordDataset(str(path)).batch(CHECKED)):
                _check_rows(path, rows, records, vocab_size, max_length)
                found.append(tf.strings.length(records).numpy().astype(NUMBER) + NUMBER.type(BEFORE + AFTER))
                rows += len(records)
    except tf.errors.OpError as problem:
        reason = problem.message.splitlines()[0].partition(" [Op:")[0]
        raise InputError(f"the shard {str(path)!r} is damaged behind row {rows}: {reason}.") from None
    sizes = np.concatenate(found)
    return np.cumsum(sizes, dtype=NUMBER) - sizes


def _check_rows(path, before, records, vocab_size, max_length):
    ids = ids_of(records)
    lengths, wrong = ids.row_lengths(), (ids.values < 0) | (ids.values >= vocab_size)
    for bad, what in (
        ((lengths < 1) | (lengths > max_length), f"has not 1 to {max_length} ids"),
        (tf.reduce_any(ids.with_values(wrong), axis=1), f"has ids that are not from 0 to {vocab_size - 1}"),
    ):
        if (rows := np.flatnonzero(bad)).size:
            raise InputError(f"row {before + int(rows[0])} of the shard {str(path)!r} {what}: prepare the corpus anew.")


def ids_of(records):
    """Returns ragged (rows, None) int64 ids of (rows,) serialized tf.train.Examples."""
    feature = tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64)
    return tf.io.parse_example(records, {FEATURE: feature})[FEATURE]
