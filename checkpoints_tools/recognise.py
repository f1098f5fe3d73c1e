"""Finding out which format a checkpoint has."""

from pathlib import Path

from rembert_tf.checkpoints_tools.formats import READERS, module_of
from rembert_tf.errors import InputError, MissingFileError


def recognise(path):
    """Returns the name of a checkpoint's format.

    Args:
        path: a folder, or the prefix of a TensorFlow checkpoint.

    Raises:
        MissingFileError: there is nothing.
        InputError: it is none of the formats that are read.
    """
    for name in READERS:
        if module_of(name).looks_like(path):
            return name
    path = Path(path)
    if not path.exists() and "://" not in str(path):
        raise MissingFileError(f"there is no checkpoint at {str(path)!r}: expected a folder or the prefix of one.")
    inside = ", ".join(sorted(file.name for file in path.iterdir())[:5]) if path.is_dir() else "a file"
    raise InputError(
        f"{str(path)!r} is no checkpoint of a format that is read ({', '.join(READERS)}): "
        f"it holds {inside or 'nothing'}."
    )
