"""One question to a server's REST interface."""

import json

from rembert_tf.serving.server import DEFAULT_MODEL_NAME
from tests.serving.http_requests import request


def ask(server, body, model=DEFAULT_MODEL_NAME):
    """Posts to a model's predict method (a version or label may stand after its name): (status, parsed answer)."""
    status, _, content = request(server.rest_port, path=f"/v1/models/{model}:predict", body=body)
    return status, json.loads(content)
