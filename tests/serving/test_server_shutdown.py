"""Requests that run while others are answered, and while the server stops."""

import contextlib
import http.client
import json
import os
import signal
import threading

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from rembert_tf.serving.server import ModelServer, serve_forever
from rembert_tf.serving.server.batching_parameters import BatchingParameters
from rembert_tf.serving.server.settings import ServerSettings
from rembert_tf.serving.server.status import ServingError
from tests.serving.http_requests import accepts_connections
from tests.serving.rest import ask


class Gate(tf.Module):
    """Has a signature that computes until another one lets it go."""

    def __init__(self):
        super().__init__()
        self.waiting = tf.Variable(False)
        self.open = tf.Variable(False)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def wait(self, text):
        self.waiting.assign(True)
        tf.while_loop(lambda n: tf.logical_not(self.open.read_value()), lambda n: [n + 1], [tf.constant(0, tf.int64)])
        return {"text": tf.identity(text)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def peek(self, text):
        return {"waiting": tf.fill(tf.shape(text), self.waiting.read_value())}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def release(self, text):
        self.open.assign(True)
        return {"text": tf.identity(text)}


@pytest.fixture
def gate(tmp_path):
    module = Gate()
    signatures = {"serving_default": module.wait, "peek": module.peek, "release": module.release}
    tf.saved_model.save(module, str(tmp_path / "1"), signatures=signatures)
    return tmp_path


class TestRunning:
    def test_a_computation_over_the_rest_timeout(self, one_signature):
        with ModelServer(one_signature("endless"), rest_timeout=0.2) as server:
            assert ask(server, {"instances": [1]})[0] == 504

    def test_slow_requests_do_not_hold_up_others(self, gate):
        with ModelServer(gate) as server:
            slow = begin_to_wait(server)
            quick = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
            quick.request("GET", "/v1/models/model")
            assert quick.getresponse().status == 200
            quick.close()
            ask(server, {"signature_name": "release", "instances": [""]})
            assert json.loads(slow.getresponse().read()) == {"predictions": ["done"]}
            slow.close()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_serve_forever(self, one_signature, number):
        answers = []

        def on_ready(server):
            answers.append(ask(server, {"instances": ["a"]}))
            os.kill(os.getpid(), number)

        before = signal.getsignal(number)
        serve_forever(ModelServer(one_signature("echo")), on_ready)
        assert answers == [(200, {"predictions": ["a"]})]
        assert signal.getsignal(number) is before

    def test_requests_that_run_when_it_stops_are_answered(self, gate):
        server = ModelServer(gate, grace=60).start()
        model, slow = server.model, begin_to_wait(server)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        while accepts_connections(server.rest_port):
            pass
        let_go(model)
        assert json.loads(slow.getresponse().read()) == {"predictions": ["done"]}
        slow.close()
        stopping.join()

    def test_grpc_requests_are_answered_too(self, gate):
        server = ModelServer(gate, grace=60).start()
        model = server.model
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = "model"
            request.inputs["text"].CopyFrom(tf.make_tensor_proto(["done"]))
            slow = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict.future(request)
            wait_until_it_computes(server)
            stopping = threading.Thread(target=server.stop)
            stopping.start()
            while accepts_connections(server.rest_port):
                pass
            let_go(model)
            assert slow.result(timeout=60).outputs["text"].string_val[0] == b"done"
            stopping.join()

    @pytest.mark.parametrize("batching", [None, BatchingParameters()])
    def test_a_request_that_outlives_its_grace_does_not_hold_the_server_up(self, gate, batching):
        server = ModelServer(gate, grace=0.05, settings=ServerSettings(batching=batching)).start()
        slow = begin_to_wait(server)
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = "model"
            request.inputs["text"].CopyFrom(tf.make_tensor_proto(["done"]))
            slow_too = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict.future(request)
            server.stop()
            assert slow_too.exception(timeout=60) is not None
        slow.close()

    def test_after_the_first_signal_a_second_of_either_kind_ends_the_process(self, one_signature):
        while_stopping = []

        class Observed(ModelServer):
            def stop(self):
                while_stopping.append([signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)])
                super().stop()

        serve_forever(Observed(one_signature("echo")), lambda server: os.kill(os.getpid(), signal.SIGTERM))
        assert while_stopping[0] == [signal.SIG_DFL, signal.SIG_DFL]


def begin_to_wait(server):
    """Sends a request that is answered after `release`, and returns its connection once the model computes it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
    connection.request("POST", "/v1/models/model:predict", '{"instances": ["done"]}')
    wait_until_it_computes(server)
    return connection


def wait_until_it_computes(server):
    while ask(server, {"signature_name": "peek", "instances": [""]})[1]["predictions"] != [True]:
        pass


def let_go(model):
    """Releases what waits, without the interfaces."""
    release = model.signatures["release"]
    with contextlib.suppress(ServingError):  # the server may have stopped, and closed the model, before it returns
        model.run({release.inputs["text"].name: [""]}, [release.outputs["text"].name])
