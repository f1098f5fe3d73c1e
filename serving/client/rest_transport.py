"""Requests over HTTP and JSON; needs nothing but Python and NumPy."""

import base64
import http.client
import json
from urllib.parse import quote

import numpy as np

from rembert_tf.serving.client.errors import UnreachableServerError, no_answer, refused, too_slow
from rembert_tf.serving.client.signatures import read_signatures

_JSON_HEADERS = {"Content-Type": "application/json"}
# HTTP statuses of TensorFlow Serving's errors -> canonical codes; 400 stands for several.
_CODES = {
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class RestTransport:
    """One HTTP connection a request, so that any number of threads may share the object."""

    def __init__(self, address, timeout):
        self._address = address  # urllib.parse.SplitResult
        self._timeout = timeout

    def signatures(self, model, version):
        return read_signatures(self._call(model, _model_path(model, version) + "/metadata")["metadata"])

    def status(self, model, version):
        return self._call(model, _model_path(model, version))["model_version_status"]

    def predict(self, model, version, signature_name, arrays, signature):
        body = {
            "signature_name": signature_name,
            "inputs": {name: _to_json(array) for name, array in arrays.items()},
        }
        outputs = self._call(model, _model_path(model, version) + ":predict", body)["outputs"]
        if len(signature.outputs) == 1:  # a single output comes without its name
            outputs = {next(iter(signature.outputs)): outputs}
        return {name: _from_json(value, signature.outputs[name]) for name, value in outputs.items()}

    def close(self):
        pass

    def _call(self, model, path, body=None):
        """Sends one request and returns the answer's JSON."""
        url = self._address.geturl()
        secure = self._address.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connect(self._address.hostname, self._address.port, timeout=self._timeout)
        content = None if body is None else json.dumps(body).encode()
        try:
            method = "GET" if body is None else "POST"
            connection.request(method, self._address.path.rstrip("/") + path, content, _JSON_HEADERS)
            response = connection.getresponse()
            status, text = response.status, response.read().decode("utf-8", "replace")
        except TimeoutError as error:
            raise too_slow(url, self._timeout) from error
        except (OSError, http.client.HTTPException) as error:
            raise no_answer(url, getattr(error, "strerror", None) or type(error).__name__) from error
        finally:
            connection.close()
        return _read_answer(model, url, status, text)


def _read_answer(model, url, status, text):
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise UnreachableServerError(f"{url} answers with HTTP status {status} and no JSON: it is no model server")
    if status != 200:
        raise refused(model, _CODES.get(status, "INTERNAL"), answer.get("error", f"HTTP status {status}"))
    return answer


def _model_path(model, version):
    path = f"/v1/models/{quote(model, safe='')}"
    return path if version is None else f"{path}/versions/{version}"


def _to_json(array):
    if array.dtype != object:
        return array.tolist()
    if array.ndim:
        return [_to_json(np.asarray(item, object)) for item in array]
    try:
        return array.item().decode("utf-8")
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(array.item()).decode()}


def _from_json(value, spec):
    if spec.dtype is not object:
        return np.array(value, spec.dtype)
    return np.array(_to_bytes(value), object)


def _to_bytes(value):
    if isinstance(value, list):
        return [_to_bytes(item) for item in value]
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value.encode("utf-8", "replace")
