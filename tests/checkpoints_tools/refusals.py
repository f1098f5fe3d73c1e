"""Conversions that must fail."""

import os

import pytest

from rembert_tf.checkpoints_tools import convert
from rembert_tf.errors import InputError
from tests.checkpoints_tools.folders import digests


def refuse(src, dst, message, error=InputError, **settings):
    """Asserts that a conversion fails with a message, changes nothing and leaves nothing."""
    before = digests(src) if os.path.isdir(src) else None
    beside = sorted(os.listdir(dst.parent))
    with pytest.raises(error, match=message):
        convert(src, dst, **settings)
    assert before == (digests(src) if before is not None else None)
    assert sorted(os.listdir(dst.parent)) == beside
