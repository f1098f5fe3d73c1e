"""Canonical status codes: what a request can end with, over gRPC and as an HTTP status."""

import enum


class Code(enum.IntEnum):
    """The canonical codes, with the numbers that gRPC and TensorFlow share."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


_HTTP_STATUS = {
    Code.OK: 200,
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 499,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}


class ServingError(Exception):
    """A request that cannot be answered, with the canonical code of the reason."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = Code(code)
        self.message = message

    def __str__(self):
        # The form in which one status is quoted inside another's message.
        return f"{self.code.name}: {self.message}"

    @property
    def http_status(self):
        return _HTTP_STATUS.get(self.code, 500)


def invalid_argument(message):
    """The error of a request that can never succeed as it stands."""
    return ServingError(Code.INVALID_ARGUMENT, message)
