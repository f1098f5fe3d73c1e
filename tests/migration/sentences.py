"""One sentence is the whole answer."""

import re

import pytest


def says(error, *parts):
    """What a call raises: one line with these parts in their order."""
    return pytest.raises(error, match="^[^\n]*" + "[^\n]*".join(map(re.escape, parts)) + "[^\n]*$")
