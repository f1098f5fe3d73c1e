"""The client for callers that wait: one class over REST or gRPC."""

import time
from concurrent.futures import ThreadPoolExecutor

from rembert_tf.serving.client.connected_client import ConnectedClient
from rembert_tf.serving.client.errors import ModelServerError, UnreachableServerError
from rembert_tf.serving.client.rest_connections import RestConnections


class Client(ConnectedClient):
    """Asks a model server, this package's or TensorFlow Serving.

    It may be shared by threads, and is a context manager that closes its connections. Over REST it needs the
    core dependencies alone and does not import TensorFlow.

    Args:
        url: `http://host:port` for REST, `grpc://host:port` for gRPC; `https` and `grpcs` through TLS.
        model: the model's name on the server.
        version: its version; None asks the newest.
        label: a label that the server gives to a version, instead of a version.
        timeout: seconds that a request and its repetitions may take together; a large input is several requests.
        retries: how often a request is sent again when the server cannot be reached or is overloaded, or a
            `RetryPolicy`.
        batch_size: rows of one request; larger inputs are cut into several.
        concurrency: requests of one call that are under way at a time.
        headers: dict of headers (metadata for gRPC) that every request gets, such as `authorization`.
        ca_file: PEM file of the certificates to trust in TLS; None trusts the system's.

    Raises:
        InputError: the URL is of another form, or an argument is out of its range.
        MissingExtraError: a gRPC URL without the `serving` extra.

    Examples:
        >>> with Client("http://127.0.0.1:8501") as client:
        ...     client.classify(["The museum opens at nine."])[0].label
    """

    def _open(self, options):
        return options.open(RestConnections, _grpc_channel)

    def close(self):
        """Closes the connections."""
        self._connections.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def _run(self, plan):
        step, value = plan.send, None
        while True:
            try:
                requests = step(value)
            except StopIteration as end:
                return end.value
            try:
                step, value = plan.send, self._exchange_all(requests)
            except Exception as error:
                step, value = plan.throw, error

    def _exchange_all(self, requests):
        if len(requests) <= 1:  # no thread is needed
            return [self._exchange(request) for request in requests]
        workers = min(self._options.concurrency, len(requests))
        with ThreadPoolExecutor(workers, thread_name_prefix="client") as pool:
            try:
                return list(pool.map(self._exchange, requests))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)  # the others would be sent in vain
                raise

    def _exchange(self, request):
        attempts = self._options.attempts()
        while True:
            try:
                return self._connections.send(request, attempts.seconds_left())
            except (ModelServerError, UnreachableServerError, TimeoutError) as error:
                time.sleep(attempts.pause_after(error))


def _grpc_channel(*arguments):
    from rembert_tf.serving.client.grpc_channel import GrpcChannel

    return GrpcChannel(*arguments)
