"""HTTP connections that are kept open between requests, for any number of threads."""

import collections
import http.client
import ssl
import time

from rembert_tf.serving.client.errors import no_answer
from rembert_tf.serving.client.failed_connections import rest_failure
from rembert_tf.serving.client.rest_messages import RestAnswer

MAX_IDLE = 32  # connections kept for later requests
_CHUNK = 2**20
# How a connection that the server closed while it lay idle fails when it is used again.
_HUNG_UP = (ConnectionError, http.client.RemoteDisconnected, ssl.SSLEOFError)


class RestConnections:
    """Sends `RestRequest`s over HTTP/1.1.

    Args:
        address: the server's `Address`.
        headers: dict of the headers that every request gets.
        ca_file: PEM file of the certificates to trust; None trusts the system's.
    """

    def __init__(self, address, headers, ca_file=None):
        self._address = address
        self._headers = {"content-type": "application/json", **headers}
        self._tls = ssl.create_default_context(cafile=ca_file) if address.is_secure else None
        self._idle = collections.deque()

    def send(self, request, timeout):
        """Sends one request.

        Args:
            request: a `RestRequest`.
            timeout: seconds for everything until the answer's last byte.

        Returns:
            What the request's `read` makes of the answer.

        Raises:
            TimeoutError: the time was over.
            UnreachableServerError, ModelServerError: no answer, or a refusal.
        """
        deadline = time.monotonic() + timeout
        try:
            return request.read(self._converse(request, deadline))
        except TimeoutError:
            raise
        except ssl.SSLCertVerificationError as error:
            raise no_answer(self._address.url, error.verify_message, repeatable=False) from error
        except (OSError, http.client.HTTPException) as error:
            raise rest_failure(self._address, error) from error

    def close(self):
        while self._idle:
            self._idle.pop().close()

    def _converse(self, request, deadline):
        try:
            idle = self._idle.pop()
        except IndexError:
            return self._converse_over(self._connect(deadline), request, deadline)
        try:
            return self._converse_over(idle, request, deadline)
        except _HUNG_UP:  # the server had closed it: that is no answer to this request
            return self._converse_over(self._connect(deadline), request, deadline)

    def _connect(self, deadline):
        kind, options = http.client.HTTPConnection, {}
        if self._tls is not None:
            kind, options = http.client.HTTPSConnection, {"context": self._tls}
        return kind(self._address.host, self._address.port, timeout=_seconds_to(deadline), **options)

    def _converse_over(self, connection, request, deadline):
        """One request and its answer; the connection is kept if it can be used again."""
        try:
            if connection.sock is None:
                connection.connect()
            socket = connection.sock  # the connection forgets it when the server says that it closes
            socket.settimeout(_seconds_to(deadline))
            connection.request(request.method, request.path, request.body, self._headers)
            response = connection.getresponse()
            content = b"".join(_read_parts(response, socket, deadline))
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None and len(self._idle) < MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return RestAnswer(response.status, headers, content)


def _read_parts(response, socket, deadline):
    """Yields the body; each read may take as long as the socket lets it, so the time left is set again."""
    while part := response.read1(_CHUNK):
        yield part
        socket.settimeout(_seconds_to(deadline))
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    response.close()  # says that the connection is free


def _seconds_to(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
