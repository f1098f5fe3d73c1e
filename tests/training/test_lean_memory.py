"""`--lean-memory`: freed tensors leave the process, and it is chosen before TensorFlow makes its first one."""

import os
import subprocess
import sys

import pytest

from rembert_tf.cli.main import rembert

PROGRAM = """
import os, sys
from rembert_tf.lean_memory import use_lean_memory
if sys.argv[1] == "lean":
    use_lean_memory()
import tensorflow as tf

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

tf.zeros([10]) + 1
before, held = resident(), [tf.random.uniform([1 << 20]) for _ in range(64)]
during = resident()
del held
print(during - before, resident() - before)
"""
MIB = 1 << 20


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read from Linux's /proc")
def test_what_is_freed_goes_back():
    command = [sys.executable, "-c", PROGRAM, "lean"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}  # it is about the processor's memory
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    during, after = map(int, done.stdout.split())
    assert during > 250 * MIB and after < 32 * MIB


@pytest.mark.parametrize("name", ["pretrain", "finetune", "distill"])
def test_commands_choose_it_before_they_begin(name, monkeypatch):
    chosen = []
    monkeypatch.setattr("rembert_tf.lean_memory.use_lean_memory", lambda: chosen.append(True))
    command = rembert.get_command(None, name)
    option = next(option for option in command.params if "--lean-memory" in option.opts)
    for given in (False, True):
        option.callback(None, option, given)
    assert chosen == [True] and not option.expose_value
