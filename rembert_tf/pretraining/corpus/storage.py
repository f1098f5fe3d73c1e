"""Files wherever Beam reaches them: local paths, and `gs://` and others where their packages are installed."""

import contextlib
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


def matching(path):
    """Returns the file at a path, or all that a pattern names, sorted.

    Raises:
        MissingFileError: there is none.
        InputError: the place needs a package that is not installed.
    """
    with reaching(path, "read"):
        if Path(path).is_file() if not is_remote(path) else FileSystems.exists(path):
            return [path]
        if any(sign in path for sign in _PATTERN):
            found = sorted(file.path for file in FileSystems.match([path])[0].metadata_list)
            if found:
                return found
    raise MissingFileError(f"there is no file {path!r}: expected plain text, .tsv or .jsonl, also as .gz or .xz.")


def open_raw(path):
    """Returns a binary file as it lies there, compressed or not."""
    return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)


def size(path):
    """Returns a file's bytes as it lies there."""
    with reaching(path, "read"):
        if is_remote(path):
            return FileSystems.match([path])[0].metadata_list[0].size_in_bytes
        return os.stat(path).st_size


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
