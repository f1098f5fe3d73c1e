"""Every export answers through TensorFlow's C library as it does in Python.

The C library is what a model server is made of. It runs in a process of its own, where Python's TensorFlow is never
imported, tensorflow-text has its SentencePiece operations alone, and XLA is refused: what TensorFlow Serving 2.19
offers. The environment variable REMBERT_TF_RUNTIME may name the `site-packages` folder of another release of
tensorflow and tensorflow-text, whose C library then runs the exports that this release has written.
"""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tests.serving.c_api.graph_audit import faults
from tests.serving.exports import HEADS, OPTIMIZED, VARIANTS, requests

SCRIPT = Path(__file__).with_name("run_saved_model.py")
RUNTIME = os.environ.get("REMBERT_TF_RUNTIME") or str(Path(tf.__file__).parents[1])
EXPORTS = [*HEADS, *(pytest.param(variant, marks=pytest.mark.slow) for variant in [*VARIANTS, *OPTIMIZED])]


@pytest.fixture(scope="module")
def written(text_config, small_tokenizer, tmp_path_factory):
    """Returns the version directory of a TinyExport, which is written once."""
    paths = {}

    def written(export):
        if export.name not in paths:
            base_path = tmp_path_factory.mktemp("export") / "model"
            paths[export.name] = export.write(text_config, small_tokenizer, base_path)
        return paths[export.name]

    return written


@pytest.fixture(scope="module")
def answered(written):
    """Returns [(what was asked, Python's answer, the C library's answer)] of a TinyExport.

    One process answers for all heads, others for all variants and all that is optimized: most of its time goes into
    its start.
    """
    answers = {}

    def answered(export):
        if export.name not in answers:
            group = next(group for group in (HEADS, VARIANTS, OPTIMIZED) if export in group)
            asked = [(each.name, *question) for each in group for question in questions(written(each))]
            found = c_library([request for *_, request in asked])
            for (name, what, expected, request), answer in zip(asked, found, strict=True):
                answers.setdefault(name, []).append(
                    (what, expected, answer if isinstance(answer, str) else named(answer, request))
                )
        return answers[export.name]

    return answered


def questions(path):
    """Yields (what is asked, {output name: Python's answer}, the request for the C library)."""
    signature_defs = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    signature_defs = signature_defs.meta_graphs[0].signature_def
    for signature, function in tf.saved_model.load(str(path)).signatures.items():
        tensors = signature_defs[signature]
        for inputs in requests(function.structured_input_signature[1]):
            size = len(next(iter(inputs.values())))
            answer = function(**{name: tf.constant(values, tf.string) for name, values in inputs.items()})
            yield (
                f"{signature}, {size} rows",
                {name: value.numpy() for name, value in answer.items()},
                {
                    "path": str(path),
                    "inputs": {tensors.inputs[name].name: strings(values) for name, values in inputs.items()},
                    "outputs": {name: tensors.outputs[name].name for name in answer},
                },
            )


def strings(values):
    contents = [base64.b64encode(value).decode() for value in values.ravel()]
    return {"dtype": tf.string.as_datatype_enum, "shape": values.shape, "values": contents}


def named(answer, request):
    """Returns {output name: array} of what `run_saved_model.py` wrote."""
    return {name: array(answer[tensor]) for name, tensor in request["outputs"].items()}


def array(content):
    values = content["values"]
    if content["dtype"] == tf.string.as_datatype_enum:
        dtype, values = object, [base64.b64decode(value) for value in values]
    else:
        dtype = tf.as_dtype(content["dtype"]).as_numpy_dtype
    return np.array(values, dtype).reshape(content["shape"])


def c_library(asked):
    """Returns the answers of `run_saved_model.py` to requests."""
    folder = Path(asked[0]["path"]).parent
    questions, answers = folder / "requests.json", folder / "answers.json"
    questions.write_text(json.dumps([{**request, "outputs": [*request["outputs"].values()]} for request in asked]))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), RUNTIME, str(questions), str(answers)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(answers.read_text())


@pytest.mark.parametrize("export", EXPORTS, ids=str)
def test_the_c_library_answers_as_python_does(export, answered):
    for what, expected, found in answered(export):
        assert not isinstance(found, str), f"{what}: {found}"
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name].dtype == value.dtype, what
            if value.dtype == np.float32:
                np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-6, err_msg=f"{what}: {name}")
            else:
                np.testing.assert_array_equal(found[name], value, err_msg=f"{what}: {name}")


@pytest.mark.parametrize("export", EXPORTS, ids=str)
def test_strings_are_valid_and_every_output_has_the_batch_in_front(export, answered):
    for what, _, found in answered(export):
        rows = int(what.split(", ")[1].split()[0])
        for name, value in found.items():
            assert len(value) == rows, f"{what}: {name}"
            if value.dtype == object:
                [text.decode() for text in value.ravel()]


@pytest.mark.parametrize("export", EXPORTS, ids=str)
def test_the_graph_holds_nothing_that_a_server_lacks(export, written):
    assert faults(written(export), optimized="optimize" in export.arguments) == []
