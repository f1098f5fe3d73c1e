"""Takes a listening socket, or says in one sentence why it cannot be had."""

import errno
import socket

from rembert_tf.errors import InputError

BACKLOG = 128
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def listen(host, port):
    """A listening TCP socket.

    Args:
        host: name or address of an interface of this machine.
        port: 0 takes a free one.

    Raises:
        InputError: the port is taken or not allowed, or the address is not this machine's.
    """
    if not 0 <= port <= 65535:
        raise InputError(f"{port} is no port; a number from 0 (a free one) to 65535 is")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise InputError(f"{host} is no address of this machine; 127.0.0.1 (itself) and 0.0.0.0 (all) are") from error
    listener = socket.socket(family, kind, protocol)
    try:
        # A port whose last connections are still being forgotten is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Listening at once, since until then a second process may bind the same port.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise InputError(_complaint(error, host, port)) from error
    return listener


def _complaint(error, host, port):
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; choose another, or 0 for a free one"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} of {host} may not be opened by this user; choose one above 1023, or 0 for a free one"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine; 127.0.0.1 (itself) and 0.0.0.0 (all) are"
    return f"port {port} of {host} cannot be opened: {error.strerror}"


def reachable(host, port):
    """`host:port` by which a client on this machine reaches a server bound to `host`."""
    return join(_ANY_ADDRESS.get(host, host), port)


def join(host, port):
    """`host:port`, with the brackets that an IPv6 address needs."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
