"""What can go wrong between a client and a model server."""

from rembert_tf.errors import InputError


class UnreachableServerError(InputError):
    """Nothing that speaks the protocol answers at the URL, or not in time."""


class ModelServerError(InputError):
    """The server answered with an error.

    Args:
        message: the server's own words.
        code: the canonical status code's name, such as `NOT_FOUND`.
    """

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


def no_answer(url, reason):
    """The error for a server that cannot be reached."""
    return UnreachableServerError(
        f"no model server answers at {url} ({reason}); `rembert serve BASE_PATH` starts one on this machine"
    )


def too_slow(url, timeout):
    """The error for a server that did not answer in time."""
    return UnreachableServerError(f"{url} did not answer within {timeout:g} seconds")


def refused(model, code, message):
    """The error for a request that the server refused."""
    if code == "NOT_FOUND":
        message = f"the server has no model {model!r} in that version ({message})"
    return ModelServerError(message, code)
