"""Contract 3.7: the HTTP status of each canonical code, of which a request can provoke but a few."""

import pytest

from rembert_tf.serving.server.status import Code, ServingError

CONTRACT = {
    "OK": 200,
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


@pytest.mark.parametrize("code", Code)
def test_http_status(code):
    assert ServingError(code, "words").http_status == CONTRACT.get(code.name, 500)
