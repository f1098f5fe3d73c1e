"""Writing a directory so that a crash never leaves one that loads as something else."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.weights.path_checks import check_path

PARTIAL = ".partial"


def write_files(directory, contents, last, remove=()):
    """Replaces some files of a directory, the one that makes it loadable last.

    Everything is first written in full beside its destination; only then, in one quick pass, is the
    file `last` removed, are the others put in place, and is `last` put back. A crash before that pass
    leaves the old directory, a crash within it a directory without `last`, which nothing loads.

    Args:
        directory: made if it does not exist; its other files stay.
        contents: file name -> bytes, or a function that writes the file at the path it is given.
        last: the name in `contents` without which the directory cannot be loaded.
        remove: names of files that would contradict the new ones.

    Raises:
        InputError: `directory` is a file, no path or no local one, or cannot be written.
    """
    check_path(directory, "the directory to write into")
    if "://" in str(directory):
        raise InputError(f"cannot write into {str(directory)!r}: give a local directory, and copy it there afterwards.")
    directory = Path(directory)
    partial = {name: directory / f".{name}{PARTIAL}" for name in contents}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            _write(partial[name], content)
        # After a power cut the disk may hold later changes without earlier ones, unless it was asked in between.
        (directory / last).unlink(missing_ok=True)
        _settle(directory)
        for name in remove:
            (directory / name).unlink(missing_ok=True)
        for name in [name for name in partial if name != last]:
            os.replace(partial[name], directory / name)
        _settle(directory)
        os.replace(partial[last], directory / last)
        _settle(directory)
    except (FileExistsError, NotADirectoryError):
        raise InputError(f"cannot write into {str(directory)!r}: it is a file, not a directory.") from None
    except OSError as problem:
        raise InputError(f"cannot write into {str(directory)!r}: {problem.strerror or problem}.") from problem
    finally:
        for path in partial.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _write(path, content):
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def _settle(directory):
    """Waits until the names in a directory are on the disk, where the system can tell."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def new_directory(path):
    """Yields a hidden sibling to fill; when the block ends well it becomes `path` in one rename.

    Args:
        path: must not exist yet.

    Raises:
        InputError: `path` exists already or cannot be made. Nothing is left behind on any error.
    """
    path = Path(path)
    if path.exists():
        raise InputError(f"{str(path)!r} exists already: choose another place, or remove it first.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sibling = Path(tempfile.mkdtemp(prefix=f".{path.name}-", suffix=PARTIAL, dir=path.parent))
    except OSError as problem:
        raise InputError(f"cannot write {str(path)!r}: {problem.strerror or problem}.") from problem
    try:
        sibling.chmod(0o755)
        yield sibling
        for file in sibling.rglob("*"):
            if file.is_file():
                with open(file, "rb") as handle:
                    os.fsync(handle.fileno())
        os.rename(sibling, path)
    finally:
        shutil.rmtree(sibling, ignore_errors=True)
