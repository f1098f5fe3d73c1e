"""The proof of an export: a fresh process loads it and answers as the model does."""

import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

SCRIPT = Path(__file__).with_name("loaded_answers.py")
TOLERANCE = 1e-4  # of float answers, absolute and relative


class ExportError(RuntimeError):
    """A written SavedModel does not answer as its model does."""


def check_export(version_directory, signatures, requests, repeatable=True):
    """Loads a SavedModel in a process with TensorFlow and tensorflow-text alone, and compares its answers.

    Args:
        version_directory: of the SavedModel.
        signatures: {name: concrete function} that it was written from.
        requests: list of (signature name, {input name: list of values}).
        repeatable: whether the same request has the same answer twice; otherwise shapes and types are compared.

    Raises:
        ExportError: naming the signature and the output that differs.
    """
    expected = []
    for name, inputs in requests:
        outputs = signatures[name](**{key: tf.constant(values) for key, values in inputs.items()})
        expected.append({key: value.numpy() for key, value in outputs.items()})
    for (name, _), mine, loaded in zip(requests, expected, _loaded_answers(version_directory, requests), strict=True):
        if set(mine) != set(loaded):
            raise ExportError(
                f"the export's {name} returns {', '.join(sorted(loaded))}, not {', '.join(sorted(mine))}."
            )
        for key, value in mine.items():
            if not _same(value, loaded[key], repeatable):
                raise ExportError(f"the export's {name} returns another {key} than the model; nothing was written.")


def _loaded_answers(version_directory, requests):
    """Yields {output name: array} of each request, from a fresh process."""
    contents = [
        {"signature": name, "tensors": {key: _content(values) for key, values in inputs.items()}}
        for name, inputs in requests
    ]
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "requests.json", Path(folder) / "answers.json"
        asked.write_text(json.dumps(contents), encoding="utf-8")
        command = [sys.executable, str(SCRIPT), str(version_directory), str(asked), str(answered)]
        # Another cache or back end setting of this process must not decide what a server will see.
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode:
            words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise ExportError(f"the export does not answer in a fresh process: {words[-1]}")
        answers = json.loads(answered.read_text(encoding="utf-8"))
    for answer in answers:
        yield {key: _array(content) for key, content in answer["tensors"].items()}


def _content(values):
    return base64.b64encode(tf.make_tensor_proto(values).SerializeToString()).decode()


def _array(content):
    proto = tf.make_tensor_proto(0)
    proto.ParseFromString(base64.b64decode(content))
    return tf.make_ndarray(proto)


def _same(mine, loaded, repeatable):
    if mine.dtype != loaded.dtype or mine.ndim != loaded.ndim:
        return False
    if not repeatable:
        return len(mine) == len(loaded)
    if mine.shape != loaded.shape:
        return False
    if np.issubdtype(mine.dtype, np.floating):
        return np.allclose(mine, loaded, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    return np.array_equal(mine, loaded)
