"""Reading weights that are spread over several files, which a JSON index names."""

import contextlib
import json
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError


class ShardedReader:
    """The open shards of an index; each tensor is read from the file that holds it.

    Args:
        index: path of the index.
        open_shard: the reader of one shard, called with its path.

    Raises:
        MissingFileError: a shard is missing; the message names every one.
        InputError: the index is none, contradicts the shards, or a shard is damaged.
    """

    def __init__(self, index, open_shard):
        self.path = str(index)
        weight_map = _read_index(Path(index))
        files = sorted(set(weight_map.values()))
        missing = [file for file in files if not (Path(index).parent / file).is_file()]
        if missing:
            raise MissingFileError(f"{self.path!r} names files that are not beside it: {', '.join(missing)}.")
        self._readers = {}
        with contextlib.ExitStack() as stack:
            shards = {file: stack.enter_context(open_shard(Path(index).parent / file)) for file in files}
            problems = self._assign(weight_map, shards)
            if problems:
                raise InputError(f"{self.path!r} contradicts the files that it names: {'; '.join(problems)}.")
            self._stack = stack.pop_all()

    def _assign(self, weight_map, shards):
        """Fills {name: its shard's reader}; returns what is wrong."""
        problems = []
        for file, shard in shards.items():
            for name in shard.names():
                if name in self._readers:
                    problems.append(f"two of them hold {name}")
                elif name not in weight_map:
                    problems.append(f"{file} holds {name}, which the index does not name")
                elif weight_map[name] != file:
                    problems.append(f"{name} is in {file} instead of {weight_map[name]}")
                self._readers[name] = shard
        problems += [f"{name} is not in {file}" for name, file in weight_map.items() if name not in self._readers]
        return problems

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def names(self):
        """Returns every tensor's name."""
        return list(self._readers)

    def shape(self, name):
        """Returns a tensor's shape without reading it."""
        return self._readers[name].shape(name)

    def read(self, name):
        """Returns a tensor as a float32 (or integer) array.

        Raises:
            InputError: its bytes are damaged.
        """
        return self._readers[name].read(name)


def _read_index(path):
    """Returns {name: file} of an index whose files lie beside it."""
    try:
        weight_map = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise InputError(f"{str(path)!r} is not valid JSON: {problem}.") from None
    except (KeyError, TypeError):
        raise InputError(f"{str(path)!r} is no index of weights: it has no weight_map.") from None
    if not isinstance(weight_map, dict) or not weight_map:
        raise InputError(f"{str(path)!r} is no index of weights: its weight_map must map names to files.")
    for name, file in weight_map.items():
        if not isinstance(file, str) or file in ("", ".", "..") or "/" in file or "\\" in file or "\0" in file:
            raise InputError(f"{str(path)!r} gives {name} the file {file!r}; a shard lies beside its index.")
    return weight_map
