"""Exported models in the session that `rembert serve` loads them with."""

import functools
import json
from pathlib import Path

import numpy as np


def forward(export, batches):
    """Returns cases that run the encoder on ids.

    Args:
        export: path of a SavedModel that `models.export_encoder` wrote.
        batches: path of an .npz file with arrays `CASE/input_ids` and `CASE/attention_mask`.
    """
    run = signature(export)

    def once(inputs):
        run(inputs)

    return {name: functools.partial(once, inputs) for name, inputs in read_batches(batches).items()}


def classify(export, texts, batch_size):
    """Returns cases that turn a file's texts into labels, in their order; `result` is the labels.

    Args:
        export: path of an exported classifier.
        texts: path of a JSON file with {name: list of texts}.
        batch_size: texts a request.
    """
    run = signature(export, "label")
    sources = json.loads(Path(texts).read_text("utf-8"))

    def labels_of(lines):
        labels = []
        for start in range(0, len(lines), batch_size):
            batch = np.array([line.encode() for line in lines[start : start + batch_size]], object)
            labels += [label.decode() for label in run({"text": batch})[0]]
        return labels

    return {name: lambda lines=lines: labels_of(lines) for name, lines in sources.items()}


def first_answer(export):
    """Returns the case that loads an export and answers one text; `result` is the memory before that, in bytes."""
    import tensorflow  # noqa: F401

    bare = resident_bytes()
    from rembert_tf.serving.server import servable  # noqa: F401 (imports do not count as loading)

    def load_and_answer():
        signature(export)({"text": np.array([b"warm"], object)})
        return bare

    return {"first answer": load_and_answer}


def signature(export, *outputs):
    """Loads a SavedModel; returns a function from {input: array} to the list of the outputs that are named, or all."""
    from rembert_tf.serving.server.servable import Servable

    servable = Servable(export, 1)
    default = servable.signatures["serving_default"]
    feeds = {name: info.name for name, info in default.inputs.items()}
    fetches = [default.outputs[name].name for name in outputs or default.outputs]
    return lambda inputs: servable.run({feeds[name]: value for name, value in inputs.items()}, fetches)


def read_batches(path):
    """Returns {case: {input: array}} of an .npz file."""
    cases = {}
    with np.load(path) as file:
        for key in file.files:
            case, name = key.split("/")
            cases.setdefault(case, {})[name] = file[key]
    return cases


def resident_bytes():
    """Returns this process's memory, in bytes; 0 where there is no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    import resource

    return pages * resource.getpagesize()
