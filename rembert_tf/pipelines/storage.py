"""Files wherever Beam reaches them: local paths, and `gs://` and others where their packages are installed."""

import contextlib
import glob
import os
import uuid
from pathlib import Path

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights.atomic_files import PARTIAL

_PATTERN = "*?["


def is_remote(path):
    """Whether a path is not one of this machine's."""
    return "://" in path


def matching(path, expected):
    """Returns the file at a path, or all that a pattern names, sorted.

    Args:
        path: of a file, or a pattern such as `text-*.txt`.
        expected: which files would be accepted, for the message.

    Raises:
        MissingFileError: there is none.
        InputError: the place needs a package that is not installed.
    """
    with reaching(path, "read"):
        if Path(path).is_file() if not is_remote(path) else FileSystems.exists(path):
            return [path]
        if any(sign in path for sign in _PATTERN):
            found = sorted(_found(path))
            if found:
                return found
    raise MissingFileError(f"there is no file {path!r}: expected {expected}.")


def _found(pattern):
    if is_remote(pattern):
        return [file.path for file in FileSystems.match([pattern])[0].metadata_list]
    # Beam finds nothing for a pattern without a folder.
    return [path for path in glob.glob(pattern, recursive=True) if Path(path).is_file()]


def open_raw(path):
    """Returns a binary file as it lies there, compressed or not."""
    return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)


def exists(path):
    """Whether there is a file."""
    with reaching(path, "read"):
        return FileSystems.exists(path) if is_remote(path) else Path(path).is_file()


def size(path):
    """Returns a file's bytes as it lies there."""
    return stamp(path)[0]


def stamp(path):
    """Returns (a file's bytes as it lies there, seconds at which it was written): what tells that it has changed."""
    with reaching(path, "read"):
        if is_remote(path):
            facts = FileSystems.match([path])[0].metadata_list[0]
            return facts.size_in_bytes, facts.last_updated_in_seconds
        facts = os.stat(path)
        return facts.st_size, facts.st_mtime


def read(path):
    """Returns a file's content."""
    with reaching(path, "read"), open_raw(path) as file:
        return file.read()


def write(path, content):
    """Writes a file in full beside its place, then moves it there: it is there whole or not at all.

    Args:
        path: of the file; its folder is made.
        content: bytes, or an iterator over parts of them.
    """
    partial = f"{path}.{uuid.uuid4().hex}{PARTIAL}"  # whoever does the same work at the same time writes elsewhere
    with reaching(path, "write"):
        try:
            with FileSystems.create(partial, compression_type=CompressionTypes.UNCOMPRESSED) as file:
                for part in [content] if isinstance(content, bytes) else content:
                    file.write(part)
                if not is_remote(path):
                    file.flush()
                    os.fsync(file.fileno())
            FileSystems.rename([partial], [path])
        except BaseException:
            with contextlib.suppress(Exception):
                FileSystems.delete([partial])
            raise


def files_below(folder):
    """Returns the paths of all files in a folder and the folders in it; none where there is no folder."""
    with reaching(folder, "read"):
        if is_remote(folder):
            return [file.path for file in FileSystems.match([f"{folder}/**"])[0].metadata_list]
        return [str(path) for path in Path(folder).rglob("*") if path.is_file()]


def files_with_prefix(prefix):
    """Returns the paths of all files at a remote place whose paths begin so."""
    with reaching(prefix, "read"):
        return [file.path for file in FileSystems.match([f"{prefix}*"])[0].metadata_list]


def delete(paths):
    """Removes files."""
    if paths:
        with reaching(paths[0], "remove"):
            FileSystems.delete(paths)


@contextlib.contextmanager
def reaching(path, verb):
    """Turns what goes wrong with a file within the block into an InputError that names it."""
    try:
        yield
    except InputError:
        raise
    except OSError as problem:
        raise InputError(f"cannot {verb} {path!r}: {problem.strerror or problem}.") from problem
    except ValueError as problem:
        if not is_remote(path):
            raise
        # Beam's own sentence names the extra of its package that reaches such places.
        raise InputError(f"cannot {verb} {path!r}: {problem}") from problem
