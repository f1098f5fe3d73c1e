"""One line of JSON for each request; never a word of what was asked."""

import datetime
import json
import logging
import threading

MAX_NAME_CHARACTERS = 200  # of what a client chose, such as the name of a model

log = logging.getLogger(__name__)


class AccessLog:
    """Writes records of requests to a text stream.

    Args:
        stream: a text stream that stays the caller's; or None, which writes nothing.
    """

    def __init__(self, stream):
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, record, seconds):
        """Writes one line.

        Args:
            record: a `RequestRecord`.
            seconds: that the request took.
        """
        if self._stream is None:
            return
        entry = {
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            "interface": record.interface,
            "method": record.method,
            "model": record.model,
            "version": record.version,
            "signature": record.signature,
            "status": record.status,
            "http_status": record.http_status,
            "latency_ms": round(seconds * 1000, 3),
            "request_bytes": record.request_bytes,
            "response_bytes": record.response_bytes,
            "rows": record.rows,
            "client": record.client,
        }
        # Everything but printable ASCII is escaped: a name with a line break in it cannot forge a line.
        line = json.dumps({name: _cut(value) for name, value in entry.items()}, ensure_ascii=True) + "\n"
        try:
            with self._lock:
                self._stream.write(line)
                self._stream.flush()
        except (OSError, ValueError):  # a full disk or a closed pipe must not cost an answer
            log.warning("the access log cannot be written", exc_info=True)


def _cut(value):
    return value[:MAX_NAME_CHARACTERS] if isinstance(value, str) else value
