"""REST requests and what their answers mean; needs nothing but Python and NumPy."""

import base64
import dataclasses
import email.utils
import functools
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.serving.client.errors import UnreachableServerError, refused
from rembert_tf.serving.client.signatures import check_output_names, read_signatures

# HTTP statuses of TensorFlow Serving's errors -> canonical codes; 400 stands for several.
_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


@dataclasses.dataclass(frozen=True)
class RestAnswer:
    """What came back: HTTP status, headers by their lower-case names, and the body's bytes."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclasses.dataclass(frozen=True)
class RestRequest:
    """One request, free of any HTTP library.

    Args:
        method: the HTTP verb.
        path: from `/v1/` on, as it is sent.
        body: bytes, or None.
        read: turns a `RestAnswer` into the request's result.
    """

    method: str
    path: str
    body: bytes | None
    read: Callable[[RestAnswer], object]


class RestMessages:
    """Builds the requests to one model.

    Args:
        target: a `Target`.
        address: the server's `Address`.
    """

    def __init__(self, target, address):
        self._target = target
        self._url = address.url
        self._path = f"{address.prefix}{_model_path(target)}"

    def signatures(self):
        return self._request("/metadata", lambda answer: read_signatures(answer["metadata"]))

    def status(self):
        return self._request("", lambda answer: answer["model_version_status"])

    def predict(self, signature_name, arrays, signature):
        inputs = {name: _to_json(array) for name, array in arrays.items()}
        body = {"signature_name": signature_name, "inputs": inputs}
        read = functools.partial(_read_outputs, signature=signature, model=self._target.model)
        return self._request(":predict", read, body)

    def class_names(self, signature_name, features):
        body = {"signature_name": signature_name, "examples": [features]}
        return self._request(":classify", lambda answer: [label for label, _ in answer["results"][0]], body)

    def _request(self, path, read, body=None):
        def read_answer(answer):
            document = self._document(answer)
            try:
                return read(document)
            except InputError:
                raise
            except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
                raise UnreachableServerError(f"{self._url} answers in an unknown form: {error!r}") from error

        content = None if body is None else json.dumps(body).encode()
        return RestRequest("GET" if body is None else "POST", self._path + path, content, read_answer)

    def _document(self, answer):
        try:
            document = json.loads(answer.content.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            document = None
        retry_after = _retry_after(answer.headers)
        if not isinstance(document, dict):
            if answer.status in (429, 503):  # a proxy's page, in front of a server that is busy
                message = f"{self._url} answers with HTTP status {answer.status}"
                raise refused(self._target, _CODES[answer.status], message, retry_after)
            raise UnreachableServerError(
                f"{self._url} answers with HTTP status {answer.status} and no JSON: it is no model server"
            )
        if answer.status != 200:
            message = str(document.get("error", f"HTTP status {answer.status}"))
            raise refused(self._target, _CODES.get(answer.status, "INTERNAL"), message, retry_after)
        return document


def _model_path(target):
    path = f"/v1/models/{quote(target.model, safe='')}"
    if target.label is not None:
        return f"{path}/labels/{quote(target.label, safe='')}"
    return path if target.version is None else f"{path}/versions/{target.version}"


def _retry_after(headers):
    """Seconds of a `Retry-After` header, which holds seconds or a date; None where there is none."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:  # the server's own clock is the one that its date belongs to
        until, now = (email.utils.parsedate_to_datetime(text) for text in (value, headers.get("date", "")))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None


def _read_outputs(answer, signature, model):
    outputs = answer["outputs"]
    if len(signature.outputs) == 1:  # a single output comes without its name
        outputs = {next(iter(signature.outputs)): outputs}
    check_output_names(model, outputs, signature)
    return {name: _from_json(value, signature.outputs[name]) for name, value in outputs.items()}


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
    array = np.array(_to_bytes(value) if spec.dtype is object else value, spec.dtype)
    if array.size == 0 and spec.shape is not None:  # JSON's [] does not tell what it is empty of
        array = array.reshape(array.shape + tuple(size or 0 for size in spec.shape[array.ndim :]))
    return array


def _to_bytes(value):
    if isinstance(value, list):
        return [_to_bytes(item) for item in value]
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value.encode("utf-8", "replace")
