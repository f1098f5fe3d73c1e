"""Which requests may see the playground: none that a stranger's web page has a browser send."""

import ipaddress

from rembert_tf.serving.server.status import Code, ServingError, invalid_argument

LOCALHOST = "localhost"


def check_visitor(method, headers, bound_host):
    """Raises a ServingError for a request that is not of a page of this server.

    A stranger's page can reach a server on the visitor's own machine under a name of its own that resolves to
    127.0.0.1, and it can send what a form sends. The first is seen by the name, the second by the type.

    Args:
        method: the HTTP verb.
        headers: a mapping.
        bound_host: the interface that the server listens on.
    """
    name = _without_port(headers.get("Host", ""))
    if _is_loopback(bound_host) and not (_is_address(name) or name == LOCALHOST or name == bound_host.lower()):
        raise ServingError(
            Code.PERMISSION_DENIED,
            f"This server is for its own machine alone: open the page at {LOCALHOST}, not at {name[:60]!r}",
        )
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if method == "POST" and kind != "application/json":
        raise invalid_argument(f"Content-Type must be application/json, not {kind[:60]!r}")


def _without_port(host):
    """Returns the name or address in a Host header."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _is_loopback(host):
    return host.lower() == LOCALHOST or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(name):
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
