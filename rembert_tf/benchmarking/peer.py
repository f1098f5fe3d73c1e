"""Another interpreter, whose PyTorch and transformers are measured beside this library."""

import json
import subprocess

from rembert_tf.errors import InputError, MissingFileError

PACKAGES = ("torch", "transformers", "tokenizers")
CODE = f"""
import importlib.metadata, json
import torch, transformers
print(json.dumps({{name: importlib.metadata.version(name) for name in {PACKAGES!r}}}))
"""


def peer_versions(python):
    """Returns {package: version} of an interpreter.

    Args:
        python: path of the interpreter.

    Raises:
        InputError: there is no such program, or it lacks torch or transformers.
    """
    try:
        # -P: what lies in the current folder must not pass for a package.
        found = subprocess.run([python, "-P", "-c", CODE], capture_output=True, text=True)
    except OSError as error:
        raise MissingFileError(
            f"{str(python)!r} cannot be run ({error.strerror}): --peer-python takes a Python interpreter "
            "with torch and transformers."
        ) from error
    if found.returncode:
        said = (found.stderr.strip().splitlines() or [f"it ended with {found.returncode}"])[-1]
        raise InputError(
            f"{str(python)!r} cannot be the peer ({said}): it needs torch and transformers, which "
            f"`{python} -m pip install torch transformers` brings."
        )
    return json.loads(found.stdout.strip().splitlines()[-1])
