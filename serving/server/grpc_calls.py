"""What every gRPC method does around its work: tell of it, report its end, know its deadline and its model."""

import functools
import logging

import grpc

from rembert_tf.serving.server.repository import ModelSpec
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument

MAX_MESSAGE_BYTES = 1024  # of an error; longer ones could overflow a response's header
NO_DEADLINE = 10.0**8  # seconds; three years

log = logging.getLogger(__name__)


def reported(method):
    """Makes a method (self, request, context, record) out of one for gRPC, with errors and a record looked after.

    A ServingError becomes the call's status, and anything else INTERNAL.
    """

    @functools.wraps(method)
    def call(self, request, context):
        try:
            with self.traffic.observe("GRPC", context.peer(), method.__name__) as record:
                record.request_bytes = request.ByteSize()
                response = method(self, request, context, record)
                record.response_bytes = response.ByteSize()
                return response
        except ServingError as error:
            code, message = error.code, error.message
        except Exception as error:
            log.exception("%s failed", method.__name__)
            code, message = Code.INTERNAL, f"{type(error).__name__}: {error}"
        context.abort(grpc.StatusCode[code.name], _cut(message))

    return call


def seconds_left(context):
    """Seconds until the caller's deadline; None without one, for which gRPC gives some centuries."""
    remaining = context.time_remaining()
    return None if remaining is None or remaining > NO_DEADLINE else remaining


def require_model_spec(request):
    """Raises INVALID_ARGUMENT for a request that names no model."""
    if not request.HasField("model_spec"):
        raise invalid_argument("Missing ModelSpec")
    require_name(request.model_spec)


def require_name(spec):
    """Raises INVALID_ARGUMENT for a `ModelSpec` message without a name."""
    if not spec.name:
        raise invalid_argument("ModelSpec has no name specified.")


def repository_spec(spec):
    """The repository's `ModelSpec` for the message of that name."""
    choice = spec.WhichOneof("version_choice")
    return ModelSpec(
        name=spec.name,
        version=spec.version.value if choice == "version" else None,
        label=spec.version_label if choice == "version_label" else None,
    )


def _cut(message):
    encoded = message.encode("utf-8", "replace")
    if len(encoded) <= MAX_MESSAGE_BYTES:
        return message
    return encoded[:MAX_MESSAGE_BYTES].decode("utf-8", "ignore") + "...TRUNCATED"
