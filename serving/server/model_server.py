"""The embedded model server: a repository behind a REST and a gRPC interface, in threads of this process."""

import contextlib
import os
import signal
import threading

from rembert_tf.serving.server.address import reachable
from rembert_tf.serving.server.defaults import DEFAULT_HOST, DEFAULT_MODEL_NAME, REST_TIMEOUT, SHUTDOWN_GRACE
from rembert_tf.serving.server.grpc_server import GrpcServer
from rembert_tf.serving.server.repository import ModelConfig, ModelRepository, ModelSpec
from rembert_tf.serving.server.rest_api import RestApi
from rembert_tf.serving.server.rest_server import RestServer


class ModelServer:
    """Serves SavedModels with TensorFlow Serving's REST and gRPC contract, for development and tests.

    It is a context manager; `start` and `stop` do the same.

    Args:
        base_path: directory whose integer-named subdirectories are SavedModels.
        name: the model's name in URLs and requests.
        host: interface to listen on; only this machine can reach the default.
        rest_port: 0 takes a free one (see the attribute of the same name).
        grpc_port: 0 takes a free one.
        versions: `"latest"`, `"all"` or a tuple of version numbers to load.
        threads: requests computed at a time by each interface; None means four for each processor.
        rest_timeout: seconds that the computation of a REST request may take. gRPC requests carry their own.
        grace: seconds that running requests have to end after `stop`.

    Raises:
        InputError: on `start`, when a port is in use, or the base path has no model that loads.

    Example:
        with ModelServer("exports/sentiment") as server:
            client = rembert_tf.serving.Client(server.rest_url)
    """

    def __init__(
        self,
        base_path,
        *,
        name=DEFAULT_MODEL_NAME,
        host=DEFAULT_HOST,
        rest_port=0,
        grpc_port=0,
        versions="latest",
        threads=None,
        rest_timeout=REST_TIMEOUT,
        grace=SHUTDOWN_GRACE,
    ):
        self.name = name
        self.host = host
        self.rest_port = rest_port
        self.grpc_port = grpc_port
        self._threads = threads or 4 * (os.cpu_count() or 1)
        self._rest_timeout = rest_timeout
        self._grace = grace
        self._repository = ModelRepository([ModelConfig(name, os.fspath(base_path), versions)])
        self._started = contextlib.ExitStack()

    def start(self):
        """Takes the ports, loads the model, then begins to answer; returns the server itself."""
        with contextlib.ExitStack() as undo:
            api = RestApi(self._repository, self._rest_timeout)
            # Ports first: that one is taken should not be found out after minutes of loading.
            undo.callback(self._repository.close)
            rest = RestServer(api, self.host, self.rest_port, self._threads, self._grace)
            undo.callback(rest.stop)
            grpc = GrpcServer(self._repository, self.host, self.grpc_port, self._threads, self._grace)
            undo.callback(grpc.stop)
            self._repository.load()
            rest.start()
            grpc.start()
            self.rest_port, self.grpc_port = rest.port, grpc.port
            self._started = undo.pop_all()
        return self

    def stop(self):
        """Refuses new requests, lets running ones end, and frees ports and weights; may be called twice."""
        self._started.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()

    @property
    def rest_url(self):
        """`http://host:port`, as `Client` takes it."""
        return f"http://{reachable(self.host, self.rest_port)}"

    @property
    def grpc_url(self):
        """`grpc://host:port`, as `Client` takes it."""
        return f"grpc://{reachable(self.host, self.grpc_port)}"

    @property
    def model(self):
        """The newest loaded version, a `Servable`."""
        return self._repository.find(ModelSpec(self.name))


def serve_forever(server, on_ready=None):
    """Runs a server until the process gets SIGINT or SIGTERM, then stops it gracefully.

    A second signal ends the process at once. Must be called in the main thread.

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
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    previous = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
