"""How a server behaves, whatever it serves: limits, times and what it tells about itself."""

import dataclasses
import math
from typing import TYPE_CHECKING, TextIO

from rembert_tf.errors import InputError
from rembert_tf.serving.server.defaults import (
    LOAD_RETRIES,
    LOAD_RETRY_SECONDS,
    MAX_BODY_BYTES,
    POLL_SECONDS,
    READ_TIMEOUT,
    REST_TIMEOUT,
    SHUTDOWN_GRACE,
)

if TYPE_CHECKING:
    from rembert_tf.serving.server.batching_parameters import BatchingParameters

UNLIMITED = -1  # of a message, as gRPC writes it
WAITING_PER_THREAD = 16  # requests on each interface; more would wait longer than they may take
MAX_MESSAGE_BYTES = 2**31 - 1  # gRPC keeps the limit in 32 bits


@dataclasses.dataclass(frozen=True)
class ServerSettings:
    """What a `ModelServer` can be told besides models and ports.

    Args:
        threads: requests computed at a time by each interface; None means four for each processor.
        rest_timeout: seconds that the computation of a REST request may take. gRPC requests carry their own.
        read_timeout: seconds that a REST client may take to send one request.
        max_body_bytes: size of the largest REST request.
        max_message_bytes: size of the largest gRPC request; -1 is no limit.
        grace: seconds that running requests have to end when the server stops.
        poll_seconds: seconds between two looks for new versions; 0 looks only once, at start.
        config_poll_seconds: seconds between two looks at the model configuration file; 0 reads it only once.
        load_retries: how often a version that does not load is tried again.
        load_retry_seconds: seconds between two tries.
        batching: `BatchingParameters` for gathering requests into batches; None computes each alone.
        monitoring_path: URL path of the Prometheus metrics on the REST port, such as
            `/monitoring/prometheus/metrics`; None has none.
        access_log: text stream for one line of JSON a request, or None.
        enable_cors: whether web pages of other origins may call the REST interface.
        enable_health_service: whether the standard gRPC health service is there.
        allow_labels_for_unavailable: whether a configuration may give a label to a version that is not loaded.

    Raises:
        InputError: a number is out of its range, or the monitoring path is none.
    """

    threads: int | None = None
    rest_timeout: float = REST_TIMEOUT
    read_timeout: float = READ_TIMEOUT
    max_body_bytes: int = MAX_BODY_BYTES
    max_message_bytes: int = UNLIMITED
    grace: float = SHUTDOWN_GRACE
    poll_seconds: float = POLL_SECONDS
    config_poll_seconds: float = 0.0
    load_retries: int = LOAD_RETRIES
    load_retry_seconds: float = LOAD_RETRY_SECONDS
    batching: "BatchingParameters | None" = None
    monitoring_path: str | None = None
    access_log: TextIO | None = None
    enable_cors: bool = False
    enable_health_service: bool = False
    allow_labels_for_unavailable: bool = False

    def __post_init__(self):
        if self.threads is not None:
            _require(self.threads >= 1, "threads", self.threads, "1 or more, or None")
        for name in ("rest_timeout", "read_timeout"):
            seconds = getattr(self, name)
            _require(math.isfinite(seconds) and seconds > 0, name, seconds, "more than 0 seconds")
        for name in ("grace", "poll_seconds", "config_poll_seconds", "load_retry_seconds"):
            seconds = getattr(self, name)
            _require(math.isfinite(seconds) and seconds >= 0, name, seconds, "0 seconds or more")
        _require(self.load_retries >= 0, "load_retries", self.load_retries, "0 or more")
        _require(self.max_body_bytes >= 1, "max_body_bytes", self.max_body_bytes, "1 or more")
        limit = self.max_message_bytes
        fits = limit == UNLIMITED or 1 <= limit <= MAX_MESSAGE_BYTES
        _require(fits, "max_message_bytes", limit, f"1 to {MAX_MESSAGE_BYTES}, or -1 for no limit")
        path = self.monitoring_path
        if path is not None:
            _require(path.startswith("/") and len(path) > 1, "monitoring_path", repr(path), "a path that begins with /")
            _require(not path.lower().startswith("/v1/"), "monitoring_path", repr(path), "a path outside of /v1/")


def _require(holds, name, value, accepted):
    if not holds:
        raise InputError(f"{name} is {value}; it must be {accepted}")
