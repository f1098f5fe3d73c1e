"""How many gRPC calls may wait, with a repository that lets nobody through until it is told to."""

import contextlib
import queue
import threading

import grpc
import pytest
from tensorflow_serving.apis import get_model_metadata_pb2, prediction_service_pb2_grpc

from rembert_tf.serving.server.grpc_server import GrpcServer
from rembert_tf.serving.server.settings import WAITING_PER_THREAD, ServerSettings
from rembert_tf.serving.server.status import Code, ServingError
from rembert_tf.serving.server.traffic import Traffic


class ClosedRepository:
    def __init__(self):
        self.gate = threading.Event()

    @contextlib.contextmanager
    def handle(self, spec):
        self.gate.wait()
        raise ServingError(Code.NOT_FOUND, spec.name)
        yield


@pytest.fixture
def repository():
    return ClosedRepository()


@pytest.fixture
def stub(repository):
    settings = ServerSettings(grace=0)
    server = GrpcServer(repository, None, "127.0.0.1", 0, 1, settings, Traffic(settings))
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield prediction_service_pb2_grpc.PredictionServiceStub(channel)
    repository.gate.set()
    server.stop()


def test_calls_beyond_the_queue_are_refused_at_once(repository, stub):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "zoo"
    ended, extra = queue.Queue(), 3
    calls = [stub.GetModelMetadata.future(request, timeout=60) for _ in range(1 + WAITING_PER_THREAD + extra)]
    for call in calls:
        call.add_done_callback(lambda call: ended.put(call.code()))
    assert [ended.get(timeout=60) for _ in range(extra)] == [grpc.StatusCode.RESOURCE_EXHAUSTED] * extra
    repository.gate.set()
    assert {ended.get(timeout=60) for _ in range(1 + WAITING_PER_THREAD)} == {grpc.StatusCode.NOT_FOUND}
