"""The commands to try after the demo: complete, so that they work when pasted into a shell."""

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from rembert_tf.serving.server.defaults import DEFAULT_HOST, DEFAULT_MODEL_NAME, DEFAULT_REST_PORT

SENTENCE = "¿Dónde puedo cambiar mi contraseña?"


def next_commands(folder):
    """Returns the commands as (what it does, shell line) pairs.

    Args:
        folder: a finished `DemoFolder`.
    """
    rembert = rembert_program()
    url = f"http://{DEFAULT_HOST}:{DEFAULT_REST_PORT}"
    body = json.dumps({"instances": [SENTENCE]}, ensure_ascii=False)
    predict = shlex.join([rembert, "predict", str(folder.model), "--input", str(folder.sentences)])
    return [
        ("serve the model", shlex.join([rembert, "serve", str(folder.exports)])),
        (
            "ask it from another terminal",
            shlex.join(["curl", "-d", body, f"{url}/v1/models/{DEFAULT_MODEL_NAME}:predict"]),
        ),
        ("the same with the client", shlex.join([rembert, "query", url, SENTENCE])),
        ("label a file without a server", predict),
    ]


def rembert_program():
    """Returns how to call this installation's `rembert`: its name where PATH finds it, else its path."""
    own = Path(sys.executable).parent / "rembert"
    found = shutil.which("rembert")
    if found and Path(found).exists() and own.exists() and Path(found).samefile(own):
        return "rembert"
    try:
        return str(own.relative_to(os.getcwd()))
    except ValueError:
        return str(own)
