"""Bounds how many connections are open and how long each may take to say what it wants."""

import asyncio

from aiohttp.web_protocol import RequestPayloadError

MAX_CONNECTIONS = 512  # half of the file descriptors that a process usually may have
HANDLER_SECONDS = 0.1  # in which the handler of a request that has been read begins

_REFUSAL = b'{"error": "Too many connections are open"}'
_REFUSAL_HEAD = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n" % len(_REFUSAL)
)


class ConnectionGuard:
    """A factory of protocols that puts a watch before those of an HTTP server.

    A client has to complete a request's head within some seconds of opening the connection, and of the answer to
    its last request; an HTTP library alone may wait for ever.

    Args:
        make_protocol: the HTTP server's own factory.
        seconds: for the head of a request.
        max_connections: further ones are answered 503 and closed.
    """

    def __init__(self, make_protocol, seconds, max_connections=MAX_CONNECTIONS):
        self._make_protocol = make_protocol
        self.seconds = seconds
        self._max_connections = max_connections
        self._connections = {}  # transport -> its _Connection

    def __call__(self):
        if len(self._connections) >= self._max_connections:
            return _Refuser()
        return _Connection(self, self._make_protocol())

    def reached_handler(self, request):
        """Ends the watch: the head of a request, an `aiohttp.web.BaseRequest`, is complete."""
        connection = self._connections.get(request.transport)
        if connection is not None:
            connection.begin(request)

    def answered(self, transport):
        """Begins to watch for the next request."""
        connection = self._connections.get(transport)
        if connection is not None:
            connection.end()

    def opened(self, transport, connection):
        self._connections[transport] = connection

    def closed(self, transport):
        self._connections.pop(transport, None)


class _Connection(asyncio.Protocol):
    """Passes everything on to the HTTP server's protocol, and keeps the time."""

    def __init__(self, guard, inner):
        self._guard = guard
        self._inner = inner
        self._transport = None
        self._timer = None
        self._request = None  # that is being read or answered
        self._sends_no_more = False

    def connection_made(self, transport):
        self._transport = transport
        self._guard.opened(transport, self)
        self._watch()
        self._inner.connection_made(transport)

    def data_received(self, data):
        self._inner.data_received(data)

    def eof_received(self):
        # The client may have closed its side alone, and wait for the answer.
        self._sends_no_more = True
        self._close_if_idle()
        return True  # to asyncio: keep the other direction open

    def pause_writing(self):
        self._inner.pause_writing()

    def resume_writing(self):
        self._inner.resume_writing()

    def connection_lost(self, error):
        self._stop_watching()
        self._guard.closed(self._transport)
        self._inner.connection_lost(error)

    def begin(self, request):
        self._request = request
        self._stop_watching()
        self._close_if_idle()

    def end(self):
        self._request = None
        self._watch()
        self._close_if_idle()

    def _close_if_idle(self):
        """After the client's last byte: answers what is complete, then closes."""
        if not self._sends_no_more:
            return
        if self._request is None:
            asyncio.get_running_loop().call_later(HANDLER_SECONDS, self._close_without_request)
        elif not self._request.content.is_eof():
            self._request.content.set_exception(RequestPayloadError("the connection ended within the body"))

    def _close_without_request(self):
        if self._request is None:
            self._transport.close()

    def _watch(self):
        self._stop_watching()
        self._timer = asyncio.get_running_loop().call_later(self._guard.seconds, self._lose_patience)

    def _lose_patience(self):
        # A client that does not read cannot be closed politely.
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def _stop_watching(self):
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Refuser(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(_REFUSAL_HEAD + _REFUSAL)
        transport.close()
