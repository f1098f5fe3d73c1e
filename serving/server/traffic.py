"""Watches requests on both interfaces: times each of them, counts it, and writes it into the access log."""

import contextlib
import dataclasses
import time

from rembert_tf.serving.server.access_log import AccessLog
from rembert_tf.serving.server.metrics import ServerMetrics
from rembert_tf.serving.server.status import Code, ServingError

INFERENCE_METHODS = ("Predict", "Classify", "Regress", "MultiInference")


@dataclasses.dataclass
class RequestRecord:
    """What is known of one request; whoever learns more of it sets the fields.

    Args:
        interface: `REST` or `GRPC`.
        client: address of the caller.
        method: `Predict`, `Classify`, `Regress`, `GetModelStatus`, ...; empty for what is no method.
        model: the name that was asked for.
        version: of the servable that answers, once it is found.
        signature: name of the signature that was asked for.
        rows: first dimension of the inputs.
        status: name of the canonical code.
        http_status: of a REST answer.
        request_bytes: size of the body.
        response_bytes: size of the body.
    """

    interface: str
    client: str = ""
    method: str = ""
    model: str = ""
    version: int | None = None
    signature: str = ""
    rows: int | None = None
    status: str = "OK"
    http_status: int | None = None
    request_bytes: int | None = None
    response_bytes: int | None = None

    def found(self, servable, signature):
        """Notes which version answers."""
        self.version = servable.version
        self.signature = signature


class Traffic:
    """What a server tells about its requests.

    Args:
        settings: `ServerSettings`; `monitoring_path` and `access_log` say whether there are metrics and a log.
    """

    def __init__(self, settings):
        self._metrics = ServerMetrics() if settings.monitoring_path else None
        self._log = AccessLog(settings.access_log)

    def observe_batch(self, rows, padding, waits):
        """Counts one computed batch, as `BatchingServable` reports it."""
        if self._metrics is not None:
            self._metrics.observe_batch(rows, padding, waits)

    def metrics_page(self):
        """The Prometheus page, as bytes; only with a monitoring path."""
        return self._metrics.page()

    def watch_models(self, names, repository):
        """Shows on the metrics page which versions are there, and how many batches wait for each.

        Args:
            names: function that returns the names of the models.
            repository: a `ModelRepository`.
        """
        if self._metrics is None:
            return

        def versions():
            return [(name, number, record) for name in names() for number, record in repository.records(name).items()]

        def states():
            return [((name, str(number), record.state.name), 1) for name, number, record in versions()]

        def waiting():
            batching = [(name, number, getattr(r.servable, "waiting_batches", None)) for name, number, r in versions()]
            return [((name, str(number)), count()) for name, number, count in batching if count is not None]

        self._metrics.watch_gauge(
            "rembert_model_version",
            "The versions of each model, in their states.",
            ["model_name", "version", "state"],
            states,
        )
        self._metrics.watch_gauge(
            "rembert_waiting_batches", "Batches that wait for a thread.", ["model_name", "version"], waiting
        )

    @contextlib.contextmanager
    def observe(self, interface, client="", method=""):
        """Watches one request from here to the end of the block.

        A ServingError that leaves the block is the request's status, and anything else an INTERNAL one.

        Args:
            interface: `REST` or `GRPC`.
            client: address of the caller.
            method: name of the method, when it is known already.

        Yields:
            A `RequestRecord` to fill in.
        """
        record = RequestRecord(interface, client, method)
        begin = time.perf_counter()
        try:
            yield record
        except ServingError as error:
            record.status = error.code.name
            raise
        except Exception:
            record.status = Code.INTERNAL.name
            raise
        finally:
            self._finish(record, time.perf_counter() - begin)

    def _finish(self, record, seconds):
        self._log.write(record, seconds)
        if self._metrics is None or record.method not in INFERENCE_METHODS:
            return
        # Names of models that do not exist would be without number.
        model = record.model if record.version is not None else ""
        self._metrics.observe_request(model, record.method, record.interface, record.status, seconds, record.rows)
