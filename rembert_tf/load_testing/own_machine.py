"""A load test is for one's own server: on this machine, unless another one is allowed in so many words."""

import ipaddress
import socket

from rembert_tf.errors import InputError


def require_allowed(address, allow_remote):
    """Looks where a load test would go.

    Args:
        address: the server's `Address`.
        allow_remote: whether that may be another machine.

    Returns:
        Whether it is this machine.

    Raises:
        InputError: it is another machine and that is not allowed, or its name is unknown.
    """
    own = is_own_machine(address)
    if not own and not allow_remote:
        raise InputError(
            f"{address.host} is not this machine: a load test takes a server's capacity from its users; "
            "--allow-remote tests one that you may overload, and 127.0.0.1 is always allowed"
        )
    return own


def is_own_machine(address):
    """Returns whether every address that a host's name stands for is a loopback address."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{address.host} is no known host ({reason}); 127.0.0.1 is this machine") from error
    return all(_is_loopback(entry[4][0]) for entry in found)


def _is_loopback(text):
    address = ipaddress.ip_address(text.partition("%")[0])  # what follows is the interface
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
