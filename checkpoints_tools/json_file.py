"""Finding and reading the JSON file that describes a checkpoint."""

import json
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError

# A description of a model has this in all families.
_MARK = "hidden_size"


def find_json(folder, given=None):
    """Returns the path of the JSON file that describes a checkpoint.

    Args:
        folder: where the checkpoint lies.
        given: the path that the user named, or None.

    Raises:
        MissingFileError: there is none.
        InputError: there are several.
    """
    if given is not None:
        if not Path(given).is_file():
            raise MissingFileError(f"there is no JSON file at {str(given)!r}.")
        return Path(given)
    found = [path for path in sorted(Path(folder).glob("*.json")) if _describes_a_model(path)]
    if not found:
        raise MissingFileError(
            f"{str(folder)!r} has no JSON file that describes the model (with {_MARK}): name one with --config."
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(f"{str(folder)!r} has several descriptions of a model ({names}): name one with --config.")
    return found[0]


def _describes_a_model(path):
    try:
        return _MARK in read_json(path)
    except InputError:
        return path.name.endswith("config.json")  # damaged: reading it again will say so


def read_json(path):
    """Returns the object in a JSON file.

    Raises:
        InputError: it holds none.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{str(path)!r} is not valid JSON: {problem}.") from None
    if not isinstance(content, dict):
        raise InputError(f"{str(path)!r} holds {type(content).__name__}, not the JSON object that describes a model.")
    return content
