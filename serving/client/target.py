"""Where a client's requests go: the server's address, and the model on it."""

import dataclasses
import re
from pathlib import Path
from urllib.parse import urlsplit

from rembert_tf.errors import InputError, MissingFileError

URL_FORMS = "http://host:port (REST) and grpc://host:port are, or https:// and grpcs:// with TLS"
_REST, _GRPC = ("http", "https"), ("grpc", "grpcs")
# What both HTTP/1.1 and HTTP/2 carry unchanged.
_HEADER_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_HEADER_VALUE = re.compile(r"[ -~]*")


@dataclasses.dataclass(frozen=True)
class Target:
    """The model that is asked: its name, and a version or a label; neither is the newest version."""

    model: str
    version: int | None = None
    label: str | None = None

    def __post_init__(self):
        if self.version is not None and self.label is not None:
            raise InputError(f"give a version ({self.version}) or a label ({self.label!r}), not both")


@dataclasses.dataclass(frozen=True)
class Address:
    """A server's URL, taken apart.

    Args:
        url: as the user wrote it.
        host: name or IP address, without an IPv6 address's brackets.
        port: None is the scheme's own.
        authority: `host:port` as a URL holds them.
        prefix: path before `/v1/...`; a gateway may want one.
        is_rest: whether it speaks REST; gRPC otherwise.
        is_secure: whether through TLS.
    """

    url: str
    host: str
    port: int | None
    authority: str
    prefix: str
    is_rest: bool
    is_secure: bool


def read_address(url):
    """Takes a server's URL apart.

    Args:
        url: `http`, `https`, `grpc` or `grpcs`, a host, and a port (gRPC has no customary one).

    Returns:
        An `Address`.

    Raises:
        InputError: the URL is of another form, or holds a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # a port that is no number or too large, or half an IPv6 address
        raise InputError(f"{url} is no server's URL; {URL_FORMS}") from None
    if not host or parts.scheme not in _REST + _GRPC or (parts.scheme in _GRPC and not port):
        raise InputError(f"{url} is no server's URL; {URL_FORMS}")
    if parts.username is not None:  # it would stand in every error message
        raise InputError(f"the URL of {host} holds a user's name; send credentials as a header")
    return Address(
        url=url,
        host=host,
        port=port,
        authority=parts.netloc,
        prefix=parts.path.rstrip("/"),
        is_rest=parts.scheme in _REST,
        is_secure=parts.scheme in ("https", "grpcs"),
    )


def check_headers(headers):
    """Returns the headers to send with every request as a dict of lower-case name -> value.

    Raises:
        InputError: a name or value holds characters that no header may; the value is not repeated.
    """
    checked = {}
    for name, value in (headers or {}).items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InputError(f"{name!r} is no header's name: letters, digits, '-', '_' and '.' make one")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            raise InputError(f"the value of header {name} is not one line of ASCII text")
        checked[name.lower()] = value
    return checked


def check_ca_file(path, address):
    """Returns the path of the certificates to trust, or None.

    Raises:
        MissingFileError, InputError: there is no such file, or the connection has no TLS.
    """
    if path is None:
        return None
    if not address.is_secure:
        raise InputError(f"ca_file is for https:// and grpcs://, and {address.url} has no TLS")
    if not Path(path).is_file():
        raise MissingFileError(f"there is no file {str(path)!r}: expected certificates in PEM form")
    return str(path)
