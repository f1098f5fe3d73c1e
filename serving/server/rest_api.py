"""The REST interface as a function from (method, path, body) to (HTTP status, JSON), free of any HTTP library."""

import json
import logging
import re
from urllib.parse import unquote

from rembert_tf.serving.server import example_inference, inference
from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE, REST_TIMEOUT
from rembert_tf.serving.server.json_document import parse_document, signature_name_of
from rembert_tf.serving.server.json_examples import read_examples
from rembert_tf.serving.server.json_predict import read_predict_request
from rembert_tf.serving.server.json_response import (
    write_classifications,
    write_error,
    write_predictions,
    write_regressions,
)
from rembert_tf.serving.server.model_messages import metadata_json, status_json
from rembert_tf.serving.server.repository import ModelSpec
from rembert_tf.serving.server.status import ServingError, invalid_argument

API_PREFIX = "/v1/"
INT64_DIGITS = 19

_MODEL = r"/v1/models/([^/:]+)(?:/versions/([0-9]+)|/labels/([^/:]+))?"
_INFERENCE_PATH = re.compile(rf"{_MODEL}:(predict|classify|regress)", re.IGNORECASE)
_MODEL_PATH = re.compile(rf"{_MODEL}(/metadata)?", re.IGNORECASE)
_MODELS_PATH = re.compile(r"/v1/models", re.IGNORECASE)

log = logging.getLogger(__name__)


class RestApi:
    """Answers REST requests from a repository.

    Args:
        repository: a `ModelRepository`.
        timeout: seconds that a computation may take.
    """

    def __init__(self, repository, timeout=REST_TIMEOUT):
        self._repository = repository
        self._timeout = timeout

    def answer(self, method, path, body):
        """Answers one request; never raises.

        Args:
            method: the HTTP verb.
            path: the path as sent, without the query.
            body: bytes.

        Returns:
            (HTTP status, JSON bytes).
        """
        try:
            return 200, self._answer(method, path, body)
        except ServingError as error:
            return error.http_status, write_error(error.message)
        except Exception as error:
            log.exception("%s %s failed", method, path)
            return 500, write_error(f"{type(error).__name__}: {error}")

    def _answer(self, method, path, body):
        inference_path = _INFERENCE_PATH.fullmatch(path) if method == "POST" else None
        if inference_path:
            *model, verb = inference_path.groups()
            return getattr(self, f"_{verb.lower()}")(_model_spec(*model), body)
        if method == "GET" and _MODELS_PATH.fullmatch(path):
            raise invalid_argument("Missing model name in request.")
        model_path = _MODEL_PATH.fullmatch(path) if method == "GET" else None
        if not model_path:
            raise invalid_argument(f"Malformed request: {method} {path}")
        *model, wants_metadata = model_path.groups()
        spec = _model_spec(*model)
        if wants_metadata:
            content = metadata_json(spec.name, self._repository.find(spec))
        else:  # a label is ignored here, as in the original
            content = status_json(self._repository.version_states(spec.name, spec.version))
        return json.dumps(content, indent=1).encode()

    def _predict(self, spec, body):
        document = parse_document(body)
        signature_name = signature_name_of(document) or DEFAULT_SIGNATURE
        servable = self._repository.find(spec)
        if signature_name not in servable.signatures:
            raise invalid_argument(f'Serving signature name: "{signature_name}" not found in signature def')
        signature_inputs = servable.signatures[signature_name].inputs
        if not signature_inputs:
            raise invalid_argument(f"Failed to get input map for signature: {signature_name}")
        request_format, inputs = read_predict_request(document, signature_inputs)
        outputs = inference.predict(servable, signature_name, inputs, timeout=self._timeout)
        return write_predictions(outputs, request_format)

    def _classify(self, spec, body):
        document = parse_document(body)
        signature_name, examples = signature_name_of(document), read_examples(document)
        servable = self._repository.find(spec)
        results = example_inference.classify(servable, signature_name, examples, self._timeout)
        return write_classifications(results)

    def _regress(self, spec, body):
        document = parse_document(body)
        signature_name, examples = signature_name_of(document), read_examples(document)
        servable = self._repository.find(spec)
        return write_regressions(example_inference.regress(servable, signature_name, examples, self._timeout))


def _model_spec(name, version, label):
    if version is not None:
        digits = version.lstrip("0") or "0"
        if len(digits) > INT64_DIGITS or int(digits) >= 2**63:
            raise invalid_argument(f"Failed to convert version: {version} to numeric.")
        version = int(digits)
    return ModelSpec(
        name=unquote(name),
        version=version,
        label=None if label is None else unquote(label),
    )
