"""The family works where JAX is installed and TensorFlow is not."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from rembert_tf import RemBertForCausalLM
from tests.golden import cases, model_directory
from tests.interop.environments import UnavailableError, python_of

ROOT = Path(__file__).resolve().parents[2]


def sampled():
    """Returns what TensorFlow draws with a seed, as text."""
    case = cases("RemBertForCausalLM", "sequences")[0]
    model = RemBertForCausalLM.from_pretrained(model_directory(case.model))
    settings = {"max_new_tokens": 8, "do_sample": True, "top_k": 20, "top_p": 0.9, "eos_token_id": None, "seed": 5}
    return ",".join(map(str, np.asarray(model.generate(case.inputs, **settings)).ravel()))


@pytest.mark.slow
@pytest.mark.interop
def test_the_family_without_tensorflow():
    try:
        python = python_of("jax")
    except UnavailableError as problem:
        pytest.skip(f"no environment with JAX can be made here: {problem}")
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "REMBERT_TF_SAMPLED": sampled(),
    }
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", "-q", "tests/interop/jax_checks.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-20000:]
