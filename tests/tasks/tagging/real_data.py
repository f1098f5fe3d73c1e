"""Where the public evaluation sets lie, when they are there at all."""

import pytest

from tests.golden import HERE

ROOT = HERE.parent.parent / "shared" / "data" / "xtreme_like"


def real_file(name):
    """Returns the path of an evaluation file, or skips the test where the data is not at hand."""
    if not (ROOT / name).is_file():
        pytest.skip(f"needs {ROOT / name}, which is not part of the repository")
    return str(ROOT / name)
