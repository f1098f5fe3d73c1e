"""What TensorFlow writes to standard error by itself: nothing below the level that was asked for."""

import os
import subprocess
import sys

import pytest

from rembert_tf.native_log import LEVEL, _asked

BOTH = """
import tensorflow as tf
from rembert_tf.native_log import keep_to_log_level
keep_to_log_level()
print(tf.function(lambda: tf.constant(1) + 1, jit_compile=True)().numpy())
with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    print(session.run(tf.constant(2) + 1))
"""


def run(program, level):
    """Returns (standard output, standard error) of a fresh process: these lines come once in each."""
    environment = {**os.environ, LEVEL: level}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True, env=environment
    )
    return done.stdout, done.stderr


def test_xla_and_a_v1_session_begin_without_a_word():
    assert run(BOTH, "3") == ("2\n3\n", "")


@pytest.mark.slow
def test_whoever_wants_to_see_everything_does():
    out, err = run(BOTH, "0")
    assert out == "2\n3\n" and "Compiled cluster using XLA" in err and "MLIR V1 optimization pass" in err


@pytest.mark.parametrize(("value", "level"), [(None, 0), ("2", 2), ("3", 3), ("", 0), ("all", 0), ("-1", 0)])
def test_levels(value, level, monkeypatch):
    monkeypatch.delenv(LEVEL, raising=False)
    if value is not None:
        monkeypatch.setenv(LEVEL, value)
    assert _asked() == level
