"""Where a conversion goes: checked before it begins, there whole or not at all, and room for it on the disk."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from rembert_tf.config import CONFIG_FILE
from rembert_tf.errors import InputError
from rembert_tf.weights.atomic_files import PARTIAL, new_directory

# Only a directory that holds one of these, and so was some checkpoint, may be overwritten.
_MARKS = (CONFIG_FILE, "checkpoint", "bert_config.json")


def check_destination(path, source, overwrite):
    """Raises an error where a destination must not be written.

    Args:
        path: of the destination, a directory.
        source: path of the source.
        overwrite: whether a checkpoint that is there may be replaced.

    Raises:
        InputError: it exists, or holds or is the source, or is no checkpoint and would be lost.
    """
    if "://" in str(path):
        raise InputError(f"cannot write into {str(path)!r}: give a local directory, and copy it there afterwards.")
    path, held = Path(path).resolve(), Path(source).resolve()
    if held == path or held.is_relative_to(path):
        raise InputError(f"the destination {str(path)!r} holds the source {str(source)!r}: choose another place.")
    if held.is_dir() and path.is_relative_to(held):
        raise InputError(f"the destination {str(path)!r} is within the source {str(source)!r}: choose another place.")
    if not path.exists():
        return
    if not overwrite:
        raise InputError(f"{str(path)!r} exists already: choose another place, or replace it with --overwrite.")
    if not path.is_dir() or (any(path.iterdir()) and not any((path / mark).exists() for mark in _MARKS)):
        raise InputError(f"{str(path)!r} is no checkpoint: --overwrite replaces nothing else.")


def check_room(path, size):
    """Raises an InputError where the disk has fewer bytes left than a destination needs."""
    folder = next(parent for parent in (Path(path).resolve(), *Path(path).resolve().parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    if size > free:
        raise InputError(f"{str(path)!r} needs {size / 1e9:.2f} GB, and its disk has {free / 1e9:.2f} GB left.")


@contextlib.contextmanager
def fresh_directory(path):
    """Yields an empty directory that takes the place of `path` when the block ends well.

    Args:
        path: may exist, see `check_destination`.

    Raises:
        InputError: the disk is full or cannot be written; nothing is left behind, and what was there stays.
    """
    path = Path(path)
    try:
        if not path.exists():
            with new_directory(path) as folder:
                yield folder
            return
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}-", suffix=PARTIAL, dir=path.resolve().parent))
        try:
            with new_directory(aside / "new") as folder:
                yield folder
            os.rename(path, aside / "old")
            os.rename(aside / "new", path)
        finally:
            if (aside / "old").exists() and not path.exists():
                os.rename(aside / "old", path)
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as problem:
        if isinstance(problem, InputError):
            raise
        raise InputError(f"cannot write {str(path)!r}: {problem.strerror or problem}.") from problem
