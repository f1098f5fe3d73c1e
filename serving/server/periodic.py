"""A thread that does the same thing again and again."""

import logging
import threading

log = logging.getLogger(__name__)


class Periodic:
    """Calls a function at intervals, from `start` to `stop`.

    Args:
        function: takes nothing; what it raises is logged.
        seconds: from the end of one call to the next; 0 never calls it.
        name: of the thread.
    """

    def __init__(self, function, seconds, name):
        self._function = function
        self._seconds = seconds
        self._stopped = threading.Event()
        # A daemon, since a call may be in the middle of minutes of loading when the process has to end.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self):
        """Begins to call, first after one interval."""
        if self._seconds:
            self._thread.start()

    def stop(self, timeout):
        """Calls no more, and waits for a running call, `timeout` seconds at most."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self):
        while not self._stopped.wait(self._seconds):
            try:
                self._function()
            except Exception:
                log.exception("%s failed", self._thread.name)
