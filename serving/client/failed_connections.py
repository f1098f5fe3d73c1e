"""What a connection that failed says of the server: that it is not there, or that it speaks the other protocol."""

from rembert_tf.serving.client.errors import UnreachableServerError, no_answer
from rembert_tf.serving.server.defaults import DEFAULT_GRPC_PORT, DEFAULT_REST_PORT

# The first frame of a gRPC server (HTTP/2) behind its length: SETTINGS, no flags, stream 0. HTTP libraries show the
# line that they could not read, and Python shows its bytes like this.
_SETTINGS_FRAME = r"\x04\x00\x00\x00\x00\x00"
# gRPC's words for a server of HTTP/1, without TLS and with it.
_HTTP_1_SERVER = ("http1.x server", "missing selected ALPN property")


def rest_failure(address, error):
    """Returns the error for a REST request that came to nothing.

    Args:
        address: the server's `Address`.
        error: what the HTTP library raised.
    """
    shown = getattr(error, "message", None) or repr(error)
    if _SETTINGS_FRAME in shown:
        scheme, port = ("grpcs", 443) if address.is_secure else ("grpc", 80)
        authority = address.authority if address.port else f"{address.authority}:{port}"  # gRPC has no port of its own
        return UnreachableServerError(
            f"{address.url} answers like a gRPC port: write {scheme}://{authority}, or take the REST port, which is "
            f"--rest-port of `rembert serve` ({DEFAULT_REST_PORT} by default) and --rest_api_port of TensorFlow Serving"
        )
    return no_answer(address.url, getattr(error, "strerror", None) or type(error).__name__)


def grpc_failure(address, details):
    """Returns the error for a gRPC request that reached no gRPC server.

    Args:
        address: the server's `Address`.
        details: gRPC's words.
    """
    if any(words in details for words in _HTTP_1_SERVER):
        scheme = "https" if address.is_secure else "http"
        return UnreachableServerError(
            f"{address.url} answers like a REST port: write {scheme}://{address.authority}, or take the gRPC port, "
            f"which is --grpc-port of `rembert serve` ({DEFAULT_GRPC_PORT} by default) and --port of TensorFlow Serving"
        )
    return no_answer(address.url, details)
