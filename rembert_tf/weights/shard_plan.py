"""How the weights of a model are spread over files when one file would be too large."""

import json
import math
import re

from rembert_tf.errors import InputError
from rembert_tf.weights.safetensors_writer import BYTES

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
SHARD_PATTERN = "model-*-of-*.safetensors"

# As in the transformers library: "GB" is 10^9 bytes, "GiB" 2^30.
_UNITS = {"": 1, "B": 1}
_UNITS |= {f"{letter}B": 10 ** (3 * power) for power, letter in enumerate("KMGT", 1)}
_UNITS |= {f"{letter}IB": 2 ** (10 * power) for power, letter in enumerate("KMGT", 1)}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", re.ASCII)


def parse_size(size):
    """Returns a number of bytes.

    Args:
        size: an integer, or a string such as "500MB", "2GB" or "1.5GiB".

    Raises:
        InputError: it is neither, or not positive.
    """
    match = _SIZE.fullmatch(size) if isinstance(size, str) else None
    number = size if isinstance(size, int) and not isinstance(size, bool) else 0
    if match and match[2].upper() in _UNITS:
        number = int(float(match[1]) * _UNITS[match[2].upper()])
    if number < 1:
        raise InputError(f"max_shard_size must be a number of bytes or a string such as '2GB', not {size!r}.")
    return number


def plan_files(shapes, max_shard_size=None, dtype="float32"):
    """Returns {file name: names of its tensors}, in the given order.

    Args:
        shapes: name -> shape.
        max_shard_size: in bytes, or None for one file. A tensor that is larger gets a file of its own.
        dtype: of the tensors.
    """
    shards, room = [[]], max_shard_size
    for name, shape in shapes.items():
        size = BYTES[dtype] * math.prod(shape)
        if max_shard_size is not None and size > room and shards[-1]:
            shards.append([])
            room = max_shard_size
        shards[-1].append(name)
        room = None if room is None else room - size
    if len(shards) == 1:
        return {SINGLE_FILE: shards[0]}
    return {f"model-{i:05d}-of-{len(shards):05d}.safetensors": names for i, names in enumerate(shards, 1)}


def index_json(files, shapes, dtype="float32"):
    """Returns the text of `model.safetensors.index.json`.

    Args:
        files: what `plan_files` returned.
        shapes: name -> shape.
        dtype: of the tensors.
    """
    content = {
        "metadata": {"total_size": sum(BYTES[dtype] * math.prod(shape) for shape in shapes.values())},
        "weight_map": {name: file for file, names in files.items() for name in names},
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def contradicting_files(directory, files):
    """Returns the names of files in a directory that belong to another way to write the weights.

    Args:
        directory: a Path.
        files: the names that are about to be written.
    """
    others = {SINGLE_FILE, INDEX_FILE, *(path.name for path in directory.glob(SHARD_PATTERN))}
    return sorted(others - set(files))
