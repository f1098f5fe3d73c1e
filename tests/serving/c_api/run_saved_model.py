"""Answers requests with SavedModels through TensorFlow's C library: run as a script, in a process of its own.

    python run_saved_model.py SITE_PACKAGES REQUESTS.json ANSWERS.json

REQUESTS.json is a list of {"path": version directory, "inputs": {tensor name: tensor}, "outputs": [tensor name, ...]};
ANSWERS.json a list of {tensor name: tensor}, or of a message where the library refused. Tensors as in `c_tensors`.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

from c_library import CLibrary
from c_tensors import from_c, to_c


class Output(ctypes.Structure):
    """Which output of which operation: the library's TF_Output."""

    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


class SavedModel:
    """A SavedModel in a session, as a model server has it.

    Args:
        library: a CLibrary.
        path: of the version directory.
    """

    def __init__(self, library, path):
        self.library = library
        self.graph = ctypes.c_void_p(library["TF_NewGraph"]())
        tags = (ctypes.c_char_p * 1)(b"serve")
        options = ctypes.c_void_p(library["TF_NewSessionOptions"]())
        self.session = ctypes.c_void_p(
            library.checked(
                "TF_LoadSessionFromSavedModel", options, None, path.encode(), tags, ctypes.c_int(1), self.graph, None
            )
        )

    def run(self, inputs, outputs):
        """Returns {tensor name: tensor} for the names of `outputs`."""
        fed = [to_c(self.library, content) for content in inputs.values()]
        found = (ctypes.c_void_p * len(outputs))()
        self.library.checked(
            "TF_SessionRun",
            self.session,
            None,
            self._places(inputs),
            (ctypes.c_void_p * len(fed))(*fed),
            ctypes.c_int(len(fed)),
            self._places(outputs),
            found,
            ctypes.c_int(len(outputs)),
            None,
            ctypes.c_int(0),
            None,
        )
        answers = {
            name: from_c(self.library, ctypes.c_void_p(value)) for name, value in zip(outputs, found, strict=True)
        }
        for tensor in [*fed, *map(ctypes.c_void_p, found)]:
            self.library["TF_DeleteTensor"](tensor)
        return answers

    def _places(self, names):
        places = (Output * len(names))()
        for place, name in zip(places, names, strict=True):
            operation, index = name.rsplit(":", 1)
            place.operation = self.library["TF_GraphOperationByName"](self.graph, operation.encode())
            place.index = int(index)
            if not place.operation:
                raise RuntimeError(f"the graph has no operation {operation}")
        return places


def answers(library, requests):
    """Yields the answer of each request; consecutive ones for the same model share its session."""
    path = model = None
    for request in requests:
        try:
            if request["path"] != path:
                path, model = request["path"], SavedModel(library, request["path"])
            yield model.run(request["inputs"], request["outputs"])
        except RuntimeError as refusal:
            path = None
            yield str(refusal)


def main(site_packages, requests, found):
    library = CLibrary(site_packages)
    asked = json.loads(Path(requests).read_text(encoding="utf-8"))
    Path(found).write_text(json.dumps(list(answers(library, asked))), encoding="utf-8")
    assert not {"tensorflow", "tensorflow_text", "keras"} & sys.modules.keys()
    assert library.xla_disabled
    # The library's own threads do not survive an orderly end of the interpreter.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
