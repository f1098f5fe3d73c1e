"""What a SavedModel answers in a process that knows nothing of this library: run as a script, never imported.

    python loaded_answers.py VERSION_DIRECTORY REQUESTS.json ANSWERS.json

Both files hold a list of {"signature": name, "tensors": {name: serialized TensorProto, base64}}.
"""

import base64
import json
import sys
from pathlib import Path

import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the SentencePiece operations


def main(version_directory, requests, answers):
    loaded = tf.saved_model.load(version_directory)
    found = []
    for request in json.loads(Path(requests).read_text(encoding="utf-8")):
        inputs = {name: _tensor(content) for name, content in request["tensors"].items()}
        outputs = loaded.signatures[request["signature"]](**inputs)
        tensors = {name: _content(value) for name, value in outputs.items()}
        found.append({"signature": request["signature"], "tensors": tensors})
    Path(answers).write_text(json.dumps(found), encoding="utf-8")


def _tensor(content):
    proto = tf.make_tensor_proto(0)
    proto.ParseFromString(base64.b64decode(content))
    return tf.constant(tf.make_ndarray(proto), dtype=tf.as_dtype(proto.dtype))


def _content(tensor):
    return base64.b64encode(tf.io.serialize_tensor(tensor).numpy()).decode()


if __name__ == "__main__":
    main(*sys.argv[1:])
