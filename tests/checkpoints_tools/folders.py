"""What tests of conversions look at: the files of folders, and the tensors in them."""

import hashlib
from pathlib import Path

from safetensors.numpy import load_file


def digests(folder):
    """Returns {file: digest of its content} of everything below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def saved_arrays(directory):
    """Returns what the safetensors library finds in all files of a directory."""
    arrays = {}
    for path in sorted(Path(directory).glob("*.safetensors")):
        arrays.update(load_file(path))
    return arrays


def assert_same_arrays(first, second):
    """Asserts that two directories hold the same tensors under the same names, bit for bit."""
    first, second = saved_arrays(first), saved_arrays(second)
    assert sorted(first) == sorted(second)
    for name, array in first.items():
        assert array.tobytes() == second[name].tobytes(), name
