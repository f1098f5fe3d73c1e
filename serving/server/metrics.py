"""What a server counts, under TensorFlow Serving's metric names, as a Prometheus page."""

import threading

import prometheus_client
from prometheus_client.core import GaugeMetricFamily, UnknownMetricFamily

CONTENT_TYPE = "text/plain"  # as TensorFlow Serving's page
PREFIX = ":tensorflow:serving:"


def _powers(first, factor, count):
    return [first * factor**power for power in range(count)]


# TensorFlow Serving's scales, so that its dashboards and alarms fit.
LATENCY_BUCKETS = _powers(10, 1.8, 33)  # 10 microseconds to some 20 minutes
QUEUE_BUCKETS = _powers(100, 1.2, 52)  # microseconds; to some second
EXAMPLE_BUCKETS = _powers(1, 2, 15)
MICROSECONDS = 1e6


class Counter:
    """A labelled number that rises, whose samples are called exactly by its name.

    The library's own counter appends `_total`, which the names to be matched do not have.
    """

    def __init__(self, name, documentation, labels, registry):
        self._name, self._documentation, self._labels = name, documentation, labels
        self._values = {}
        self._lock = threading.Lock()
        registry.register(self)

    def add(self, *labels, amount=1):
        """Adds to the number that belongs to label values."""
        with self._lock:
            self._values[labels] = self._values.get(labels, 0) + amount

    def describe(self):
        """The metric without its numbers."""
        return [UnknownMetricFamily(self._name, self._documentation, labels=self._labels)]

    def collect(self):
        """The metric as the registry wants it."""
        (family,) = self.describe()
        with self._lock:
            values = sorted(self._values.items())
        for labels, value in values:
            family.add_metric(labels, value)
        return [family]


class ServerMetrics:
    """The numbers of one server; every server has its own."""

    def __init__(self):
        self._registry = prometheus_client.CollectorRegistry()
        self._requests = Counter(
            f"{PREFIX}request_count", "The total number of requests.", ["model_name", "status"], self._registry
        )
        self._examples = Counter(
            f"{PREFIX}request_example_count_total", "The total number of rows.", ["model"], self._registry
        )
        self._example_counts = self._histogram(
            "request_example_counts", "Rows of a request.", ["model"], EXAMPLE_BUCKETS
        )
        self._latency = self._histogram(
            "request_latency",
            "Microseconds from a request to its answer.",
            ["model_name", "API", "entrypoint"],
            LATENCY_BUCKETS,
        )
        self._queuing = self._histogram(
            "batching_session:queuing_latency", "Microseconds that a request waited for its batch.", [], QUEUE_BUCKETS
        )
        self._batch_sizes = self._histogram(
            "batching_session:processed_batch_size", "Rows computed together, padding included.", [], EXAMPLE_BUCKETS
        )
        self._padding = self._histogram(
            "batching_session:padding_size", "Rows of padding in a batch.", [], [0, *EXAMPLE_BUCKETS]
        )

    def _histogram(self, name, documentation, labels, buckets):
        return prometheus_client.Histogram(
            PREFIX + name, documentation, labels, buckets=buckets, registry=self._registry
        )

    def observe_request(self, model, api, entrypoint, status, seconds, rows):
        """Counts one answered inference request.

        Args:
            model: its name; only of a model that exists, since a page has a line for every name.
            api: `Predict`, `Classify`, `Regress` or `MultiInference`.
            entrypoint: `REST` or `GRPC`.
            status: name of the canonical code.
            seconds: from its first byte to its answer; kept for answered requests alone, as in the original.
            rows: of the batch, or None when it was refused before they were known.
        """
        self._requests.add(model, status)
        if status == "OK":
            self._latency.labels(model, api, entrypoint).observe(seconds * MICROSECONDS)
        if rows is not None:
            self._examples.add(model, amount=rows)
            self._example_counts.labels(model).observe(rows)

    def observe_batch(self, rows, padding, waits):
        """Counts one computed batch.

        Args:
            rows: with padding.
            padding: rows of it.
            waits: seconds that each request waited.
        """
        self._batch_sizes.observe(rows)
        self._padding.observe(padding)
        for seconds in waits:
            self._queuing.observe(seconds * MICROSECONDS)

    def watch_gauge(self, name, documentation, labels, read):
        """Adds a number that is read whenever the page is asked for.

        Args:
            name: of the metric.
            documentation: one sentence.
            labels: names of its labels.
            read: function without arguments that returns (label values, number) pairs.
        """
        self._registry.register(_Gauge(name, documentation, labels, read))

    def page(self):
        """The page in Prometheus' text format, as bytes."""
        page = prometheus_client.generate_latest(self._registry)
        # The only metrics of no declared type are the counters above.
        return page.replace(b" untyped\n", b" counter\n")


class _Gauge:
    def __init__(self, name, documentation, labels, read):
        self._name, self._documentation, self._labels, self._read = name, documentation, labels, read

    def describe(self):
        return [GaugeMetricFamily(self._name, self._documentation, labels=self._labels)]

    def collect(self):
        (family,) = self.describe()
        for labels, value in self._read():
            family.add_metric(labels, value)
        return [family]
