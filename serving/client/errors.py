"""What can go wrong between a client and a model server."""

from rembert_tf.errors import InputError

# A server that says so was too busy, or not ready: it did not begin the work, and may be asked again.
_BUSY = ("UNAVAILABLE", "RESOURCE_EXHAUSTED")
# A message over the size limit has the code of a busy server, and is as long the next time.
_TOO_LARGE = "message larger than max"


class UnreachableServerError(InputError):
    """Nothing that speaks the protocol answers at the URL, or not in time.

    `repeatable` says whether asking again may help; `retry_after` is None.
    """

    repeatable = False
    retry_after = None


class ModelServerError(InputError):
    """The server answered with an error.

    Args:
        message: the server's own words.
        code: the canonical status code's name, such as `NOT_FOUND`.
        retry_after: seconds that the server asks its clients to wait; None where it did not say.
    """

    def __init__(self, message, code, retry_after=None):
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after

    @property
    def repeatable(self):
        """Whether asking again may help."""
        return self.code in _BUSY and _TOO_LARGE not in str(self)


def no_answer(url, reason, repeatable=True):
    """The error for a server that cannot be reached, or that hung up before it answered."""
    error = UnreachableServerError(
        f"no model server answers at {url} ({reason}); `rembert serve BASE_PATH` starts one on this machine"
    )
    error.repeatable = repeatable
    return error


def too_slow(url, timeout):
    """The error for a server that did not answer in time."""
    return UnreachableServerError(f"{url} did not answer within {timeout:g} seconds")


def refused(target, code, message, retry_after=None):
    """The error for a request that the server refused."""
    if code == "NOT_FOUND":
        message = f"the server has no model {target.model!r} in that version ({message})"
    return ModelServerError(message, code, retry_after)
