"""Runs a server until a signal asks its process to end."""

import contextlib
import signal
import threading

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve_forever(server, on_ready=None):
    """Runs a server until the process gets SIGINT or SIGTERM, then stops it gracefully.

    A second signal, of either kind, ends the process at once. Must be called in the main thread.

    Args:
        server: a `ModelServer` that is not started.
        on_ready: called with the server once it answers.

    Raises:
        InputError: as `ModelServer.start`.
    """
    stop = threading.Event()
    with server, _stopping_on_signals(stop):
        try:
            if on_ready is not None:
                on_ready(server)
            stop.wait()
        finally:
            server.stop()  # here, where a second signal still ends the process


@contextlib.contextmanager
def _stopping_on_signals(stop):
    def request_stop(number, frame):
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        stop.set()

    previous = {number: signal.signal(number, request_stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
