"""Keras' distribution on JAX: eight virtual devices equal one."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.environments import UnavailableError, python_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.interop
def test_eight_devices_equal_one():
    try:
        python = sys.executable if importlib.util.find_spec("jax") else python_of("jax")
    except UnavailableError as problem:
        pytest.skip(f"no environment with JAX can be made here: {problem}")
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
    }
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", "-q", "tests/interop/jax_devices_checks.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout[-20000:]
