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
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument

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
        timeout: seconds that a request may take.
    """

    def __init__(self, repository, timeout=REST_TIMEOUT):
        self._repository = repository
        self._timeout = timeout

    def answer(self, method, path, body, record, waited=0.0):
        """Answers one request; never raises.

        Args:
            method: the HTTP verb.
            path: the path as sent, without the query.
            body: bytes.
            record: the `RequestRecord` to fill in.
            waited: seconds of the timeout that are gone already.

        Returns:
            (HTTP status, JSON bytes).
        """
        try:
            return 200, self._answer(method, path, body, record, self._timeout - waited)
        except ServingError as error:
            record.status = error.code.name
            return error.http_status, write_error(error.message)
        except Exception as error:
            log.exception("%s %.200s failed", method, path)
            record.status = Code.INTERNAL.name
            return 500, write_error(f"{type(error).__name__}: {error}")

    def _answer(self, method, path, body, record, timeout):
        inference_path = _INFERENCE_PATH.fullmatch(path) if method == "POST" else None
        if inference_path:
            *model, verb = inference_path.groups()
            record.method, record.model = verb.capitalize(), unquote(model[0])
            if timeout <= 0:
                raise ServingError(Code.DEADLINE_EXCEEDED, "The request waited too long for its turn")
            return getattr(self, f"_{verb.lower()}")(_model_spec(*model), body, record, timeout)
        if method == "GET" and _MODELS_PATH.fullmatch(path):
            raise invalid_argument("Missing model name in request.")
        model_path = _MODEL_PATH.fullmatch(path) if method == "GET" else None
        if not model_path:
            raise invalid_argument(f"Malformed request: {method} {path}")
        *model, wants_metadata = model_path.groups()
        record.method = "GetModelMetadata" if wants_metadata else "GetModelStatus"
        record.model = unquote(model[0])
        spec = _model_spec(*model)
        if wants_metadata:
            with self._repository.handle(spec) as servable:
                record.found(servable, "")
                content = metadata_json(spec.name, servable)
        else:  # a label is ignored here, as in the original
            content = status_json(self._repository.version_states(spec.name, spec.version))
        return json.dumps(content, indent=1).encode()

    def _predict(self, spec, body, record, timeout):
        document = parse_document(body)
        signature_name = signature_name_of(document) or DEFAULT_SIGNATURE
        with self._repository.handle(spec) as servable:
            record.found(servable, signature_name)
            if signature_name not in servable.signatures:
                raise invalid_argument(f'Serving signature name: "{signature_name}" not found in signature def')
            signature_inputs = servable.signatures[signature_name].inputs
            if not signature_inputs:
                raise invalid_argument(f"Failed to get input map for signature: {signature_name}")
            request_format, inputs = read_predict_request(document, signature_inputs)
            record.rows = inference.batch_rows(inputs)
            outputs = inference.predict(servable, signature_name, inputs, timeout=timeout)
        return write_predictions(outputs, request_format)

    def _classify(self, spec, body, record, timeout):
        return write_classifications(self._run_on_examples(example_inference.classify, spec, body, record, timeout))

    def _regress(self, spec, body, record, timeout):
        return write_regressions(self._run_on_examples(example_inference.regress, spec, body, record, timeout))

    def _run_on_examples(self, run, spec, body, record, timeout):
        document = parse_document(body)
        signature_name, examples = signature_name_of(document), read_examples(document)
        with self._repository.handle(spec) as servable:
            record.found(servable, signature_name or DEFAULT_SIGNATURE)
            record.rows = len(examples)
            return run(servable, signature_name, examples, timeout)


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
