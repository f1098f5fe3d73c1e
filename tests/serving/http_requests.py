"""Requests as a test wants them: whole ones, and single bytes on a socket."""

import http.client
import json
import socket

PREDICT = "/v1/models/zoo:predict"


def request(port, method="POST", path=PREDICT, body=None, headers=None):
    """Sends one HTTP request: (status, headers, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def echo(port, text="a"):
    """A good request, answered with its own text."""
    status, _, content = request(port, body={"signature_name": "echo", "instances": [text]})
    assert status == 200, content
    return json.loads(content)["predictions"][0]


def exchange(port, data, half_close=False, timeout=60):
    """Sends raw bytes, and returns what comes back until the server closes the connection.

    Args:
        port: of the server.
        data: bytes.
        half_close: whether the sending side is closed after them.
        timeout: seconds without a byte that make a test fail.

    Returns:
        (status of the first answer or None, everything that came back).
    """
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        received = b""
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
        except ConnectionError:
            pass  # closed with bytes of ours unread
    head = received.split(b" ", 2)
    return (int(head[1]) if received.startswith(b"HTTP/") else None), received


def head(method="POST", path=PREDICT, *fields):
    """The head of a request as bytes; the server is asked to close the connection afterwards."""
    lines = [f"{method} {path} HTTP/1.1", "Host: zoo", "Connection: close", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def accepts_connections(port):
    """Whether something listens on a port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except ConnectionRefusedError:
        return False
    return True
