"""Where a model may lie: a local path, a place that `tf.io.gfile` reaches, or the Hugging Face hub."""

import contextlib
import fnmatch
import os
import re
import tempfile
from pathlib import Path

from rembert_tf.config import CONFIG_FILE
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights.flavours import FLAVOURS
from rembert_tf.weights.path_checks import HUB_TOO, check_path

# What a caller needs: alternatives, the first of which that is there is fetched, each a list of patterns.
# The first pattern names the file by which an alternative is known.
CONFIG = [[CONFIG_FILE]]
WEIGHTS = [[flavour.file, *([flavour.shards] if flavour.shards else [])] for flavour in FLAVOURS]

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@contextlib.contextmanager
def local_path(path, needed):
    """Yields a local path with the needed files of a model directory, wherever that is.

    Args:
        path: a local path, which is yielded as it is, whether it exists or not; a file or directory that
            `tf.io.gfile` reaches (`gs://...`), copied to a temporary place for as long as the block runs;
            or the id of a model on the Hugging Face hub (`google/rembert`), downloaded once and kept.
        needed: CONFIG, WEIGHTS, or a list of the same form.

    Raises:
        MissingFileError: there is no such remote file, directory or model, or it cannot be fetched.
        InputError: it is no path, or the place needs a package that is not installed.
    """
    check_path(path, "a model's place", HUB_TOO)
    name = os.fspath(path)
    if "://" in name:
        with tempfile.TemporaryDirectory(prefix="rembert_tf-") as temporary:
            copy = _copy_from_gfile(name.rstrip("/"), needed, Path(temporary))
            with _named_as(name, copy):
                yield copy
    elif _is_hub_id(name):
        yield _download(name, needed)
    else:
        yield Path(path)


def download_hint(path):
    """Returns what to do about a path that does not exist."""
    if _HUB_ID.fullmatch(os.fspath(path)):
        return f"download it first with `hf download {path} --local-dir {Path(path).name}`"
    return "give the path of a directory that save_pretrained wrote"


def _is_hub_id(name):
    # A path whose folder is there was meant as a path, so a slip in its last part needs no network.
    return _HUB_ID.fullmatch(name) and not Path(name).exists() and not Path(name).parent.exists()


def _copy_from_gfile(url, needed, destination):
    """Copies a remote file, or the needed files of a remote directory; returns the copy's path."""
    try:
        import tensorflow as tf
    except ImportError:
        raise InputError(
            f"reading {url!r} needs TensorFlow, which is not installed: "
            f"run `pip install tensorflow`, or copy the directory to a local disk."
        ) from None
    gfile = tf.io.gfile
    try:
        if not gfile.isdir(url):
            if not gfile.exists(url):
                raise MissingFileError(f"there is nothing at {url!r}.")
            gfile.copy(url, str(destination / Path(url).name))
            return destination / Path(url).name
        there = gfile.listdir(url)
        for file in _first_alternative(needed, there):
            gfile.copy(f"{url}/{file}", str(destination / file))
        return destination
    except tf.errors.NotFoundError:
        raise MissingFileError(f"there is nothing at {url!r}.") from None
    except tf.errors.OpError as problem:
        raise InputError(f"cannot read {url!r}: {problem.message}.") from None


def _first_alternative(needed, there):
    """Returns which of the existing files an alternative asks for, or [] where no alternative is there."""
    for patterns in needed:
        if patterns[0] in there:
            return [file for file in there if any(fnmatch.fnmatchcase(file, pattern) for pattern in patterns)]
    return []


def _download(name, needed):
    """Fetches the first alternative that a model of the hub has; returns the local directory."""
    try:
        import huggingface_hub
    except ImportError:
        raise MissingFileError(f"there is no model directory at {name!r}: {download_hint(name)}.") from None
    for patterns in needed:
        try:
            directory = Path(huggingface_hub.snapshot_download(name, allow_patterns=patterns))
        # Network, permission, a wrong name, a full disk: each release of the library has its own exceptions.
        except Exception as problem:
            reason = str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
            raise MissingFileError(
                f"there is no model directory at {name!r}, and it could not be downloaded from the Hugging Face hub "
                f"({reason.rstrip('.')}): {download_hint(name)}."
            ) from problem
        if (directory / patterns[0]).is_file():
            break
    return directory


@contextlib.contextmanager
def _named_as(url, copy):
    """Lets errors name the place that the caller knows, instead of its temporary copy."""
    try:
        yield
    except InputError as problem:
        problem.args = (str(problem).replace(str(copy), url.rstrip("/")),)
        raise
