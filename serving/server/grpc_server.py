"""The gRPC interface: a port, the threads behind it, and the services on it."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from rembert_tf.errors import InputError, MissingExtraError
from rembert_tf.serving.server.address import join, listen
from rembert_tf.serving.server.model_service import ModelService
from rembert_tf.serving.server.prediction_service import PredictionService
from rembert_tf.serving.server.settings import WAITING_PER_THREAD

WHOLE_SERVER = ""  # the service name by which a health check asks for everything


class GrpcServer:
    """Serves a repository over gRPC. A port is taken at construction, requests are answered from `start` on.

    Args:
        repository: a `ModelRepository`.
        reload: as for `ModelService`.
        host: interface to listen on.
        port: 0 takes a free one; the attribute of the same name tells which, once started.
        threads: how many requests are computed at a time.
        settings: `ServerSettings`.
        traffic: a `Traffic`.

    Raises:
        InputError: the port cannot be had.
        MissingExtraError: the health service is wanted and its package is not installed.
    """

    def __init__(self, repository, reload, host, port, threads, settings, traffic):
        self.port = port
        self._host = host
        self._settings = settings
        self._services = PredictionService(repository, traffic), ModelService(repository, reload, traffic)
        self._health = _HealthService() if settings.enable_health_service else None
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="grpc")
        self._max_requests = threads * (1 + WAITING_PER_THREAD)
        self._server = None
        # gRPC says only that it could not bind, and a server that never started keeps its port: so the
        # port is held by a plain socket, which says why it cannot be had, until there is something to serve.
        self._reservation = listen(host, port)

    def start(self):
        """Begins to answer."""
        server = grpc.server(
            self._workers,
            options=_options(self._settings.max_message_bytes),
            maximum_concurrent_rpcs=self._max_requests,  # gRPC refuses others as RESOURCE_EXHAUSTED
        )
        predictions, models = self._services
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(predictions, server)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(models, server)
        if self._health is not None:
            self._health.add_to(server)
        self._reservation.close()
        try:
            self.port = server.add_insecure_port(join(self._host, self.port))
        except RuntimeError as error:
            raise InputError(f"port {self.port} of {self._host} cannot be opened: {error}") from error
        server.start()
        self._server = server

    def stop(self):
        """Refuses new requests, waits for running ones, and gives the port back."""
        if self._health is not None:
            self._health.leave()
        if self._server is not None:
            self._server.stop(self._settings.grace).wait()
        self._reservation.close()
        self._workers.shutdown()


class _HealthService:
    """The standard health service; as in TensorFlow Serving it knows of the server as a whole."""

    def __init__(self):
        try:
            from grpc_health.v1 import health, health_pb2, health_pb2_grpc
        except ImportError as error:
            raise MissingExtraError("The gRPC health service", "serving") from error
        self.add_to = lambda server: health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)
        self._servicer = health.HealthServicer()
        self._servicer.set(WHOLE_SERVER, health_pb2.HealthCheckResponse.SERVING)
        self.leave = self._servicer.enter_graceful_shutdown


def _options(max_message_bytes):
    return (
        ("grpc.so_reuseport", 0),  # otherwise a second server takes half of the requests instead of failing
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", -1),
    )
