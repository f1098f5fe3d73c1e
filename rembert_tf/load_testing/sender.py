"""Requests of one size, and the connections that they go over."""

from rembert_tf.serving.client.async_rest import AsyncRestConnections
from rembert_tf.serving.client.connection_options import ConnectionOptions
from rembert_tf.serving.client.signatures import to_arrays
from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE

# Requests under way that share a connection pool (REST) or a connection (gRPC); one pool opens 100 at most.
REQUESTS_A_POOL = 64


class Sender:
    """Sends the texts of a list in turn, so many a request, over connections that stay open; a context manager.

    It is the asynchronous client without its repetitions, which would hide what a load test looks for.

    Args:
        settings: `LoadTestSettings`.
        signature: of the model that is asked.
        columns: {input: list of its values}, all of one length.
        batch_size: texts of a request.
        in_flight: requests that may be under way at a time.
    """

    def __init__(self, settings, signature, columns, batch_size, in_flight):
        options = ConnectionOptions(settings.url, settings.timeout, 0, 1, in_flight, settings.headers, settings.ca_file)
        self._messages = options.messages(settings.model, settings.version, settings.label)
        self._signature, self._columns, self._batch_size = signature, columns, batch_size
        self._timeout = settings.timeout
        pools = -(-in_flight // REQUESTS_A_POOL)
        self._pools = [options.open(AsyncRestConnections, _grpc_channel) for _ in range(pools)]
        self._next_pool = 0

    def prepare(self, number):
        """Makes the request of that number, from 0."""
        arrays = to_arrays(rows(self._columns, number, self._batch_size), self._signature)
        return self._messages.predict(DEFAULT_SIGNATURE, arrays, self._signature)

    async def send(self, request):
        """Sends it, and returns what the server answers, read as the client reads it."""
        self._next_pool = (self._next_pool + 1) % len(self._pools)
        return await self._pools[self._next_pool].send(request, self._timeout)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception):
        for pool in self._pools:
            await pool.close()


def rows(columns, number, batch_size):
    """Returns a request's inputs: the rows that follow those of the request before; after the last comes the first.

    Args:
        columns: {input: list of its values}.
        number: of the request, from 0.
        batch_size: texts of a request.
    """
    first = number * batch_size
    return {
        name: [values[index % len(values)] for index in range(first, first + batch_size)]
        for name, values in columns.items()
    }


def _grpc_channel(*arguments):
    from rembert_tf.serving.client.grpc_channel import AsyncGrpcChannel

    return AsyncGrpcChannel(*arguments)
