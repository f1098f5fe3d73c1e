"""Versions that come, go and break while both interfaces are asked."""

import http.client
import json
import shutil
import threading

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.settings import ServerSettings

ONLY_WHEN_TOLD = ServerSettings(poll_seconds=0)
PATH = "/v1/models/model"
BODY = json.dumps({"instances": ["a"]})


@pytest.fixture(scope="module")
def versions(one_signature):
    """Four versions of a model that answers with its version: a dict of number -> directory."""
    return {number: one_signature("which", number) / str(number) for number in (1, 2, 3, 4)}


@pytest.fixture
def add(tmp_path, versions):
    """Puts a version below the base path in one rename, as an export does."""

    def add(number):
        shutil.copytree(versions[number], tmp_path / "incoming")
        (tmp_path / "incoming").rename(tmp_path / str(number))

    return add


class RestClient:
    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)

    def ask(self):
        self.connection.request("POST", f"{PATH}:predict", BODY)
        response = self.connection.getresponse()
        content = response.read()
        assert response.status == 200, content
        return int(json.loads(content)["predictions"][0].removeprefix("v"))

    def close(self):
        self.connection.close()


class GrpcClient:
    def __init__(self, server):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}")
        self.stub = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.request = predict_pb2.PredictRequest()
        self.request.model_spec.name = "model"
        self.request.inputs["text"].CopyFrom(tf.make_tensor_proto(["a"]))

    def ask(self):
        response = self.stub.Predict(self.request, timeout=60)
        answer = int(response.outputs["version"].string_val[0].removeprefix(b"v"))
        assert response.model_spec.version.value == answer
        return answer

    def close(self):
        self.channel.close()


class Load:
    """Clients that ask without a pause, each in a thread; a context manager that ends when they have all ended."""

    def __init__(self, clients):
        self._clients = clients
        self._answered = threading.Condition()
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=[number]) for number in range(len(clients))]
        self.answers = [[] for _ in clients]
        self.failures = []

    def _ask(self, number):
        while not self._done.is_set():
            try:
                answer = self._clients[number].ask()
            except Exception as error:
                self.failures.append(error)
                answer = None
            with self._answered:
                self.answers[number].append(answer)
                self._answered.notify_all()

    def wait_for_answers(self, each):
        """Waits until every client has got so many more answers."""
        with self._answered:
            wanted = [len(answers) + each for answers in self.answers]
            pairs = list(zip(self.answers, wanted, strict=True))
            assert self._answered.wait_for(lambda: all(len(got) >= want for got, want in pairs), timeout=60)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception):
        self._done.set()
        for thread in self._threads:
            thread.join()
        for client in self._clients:
            client.close()


def states(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
    connection.request("GET", PATH)
    entries = json.loads(connection.getresponse().read())["model_version_status"]
    connection.close()
    return {int(entry["version"]): (entry["state"], entry["status"]["error_code"]) for entry in entries}


def test_no_request_is_lost_when_versions_change_under_load(tmp_path, add):
    add(1)
    with ModelServer(tmp_path, settings=ONLY_WHEN_TOLD) as server:
        clients = [RestClient(server), RestClient(server), RestClient(server), GrpcClient(server), GrpcClient(server)]
        with Load(clients) as load:
            load.wait_for_answers(10)
            for number in (2, 3, 4):
                add(number)
                server.poll()
                load.wait_for_answers(10)
        assert load.failures == []
        for answers in load.answers:
            assert set(answers) >= {1, 4}
            assert answers == sorted(answers)  # nobody gets back to an older version
        ended = ("END", "OK")
        assert states(server) == {1: ended, 2: ended, 3: ended, 4: ("AVAILABLE", "OK")}


def test_a_version_that_does_not_load_costs_no_request(tmp_path, add):
    add(1)
    with ModelServer(tmp_path, settings=ONLY_WHEN_TOLD) as server:
        with Load([RestClient(server), GrpcClient(server)]) as load:
            load.wait_for_answers(5)
            (tmp_path / "2").mkdir()
            (tmp_path / "2" / "saved_model.pb").write_bytes(b"half of a file")
            server.poll()
            load.wait_for_answers(5)
            assert states(server) == {1: ("AVAILABLE", "OK"), 2: ("END", "UNKNOWN")}
            assert server.model.version == 1
            shutil.rmtree(tmp_path / "2")  # the copy begins anew, and is complete this time
            add(2)
            server.poll()
            load.wait_for_answers(5)
        assert load.failures == []
        assert {answers[-1] for answers in load.answers} == {2}
        assert states(server) == {1: ("END", "OK"), 2: ("AVAILABLE", "OK")}


def test_the_server_looks_by_itself(tmp_path, add):
    add(1)
    with ModelServer(tmp_path, settings=ServerSettings(poll_seconds=0.01)) as server:
        client = RestClient(server)
        add(2)
        answers = [client.ask()]
        while answers[-1] == 1 and len(answers) < 100_000:
            answers.append(client.ask())
        client.close()
        assert answers[-1] == 2
