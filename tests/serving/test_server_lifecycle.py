"""Loading, warm-up, ports and shutdown of the embedded server."""

import http.client
import json
import os
import signal
import socket
import sys
import threading

import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from rembert_tf.errors import InputError, MissingExtraError, MissingFileError
from rembert_tf.serving import server as server_package
from rembert_tf.serving.server import DEFAULT_MODEL_NAME, ModelServer, serve_forever


class Counter(tf.Module):
    """Counts its calls, so that a test can see which of them happened."""

    def __init__(self):
        super().__init__()
        self.calls = tf.Variable(0, dtype=tf.int64)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def count(self, text):
        with tf.control_dependencies([tf.debugging.assert_none_equal(text, "fail", message="told to fail")]):
            return {"calls": tf.fill(tf.shape(text), self.calls.assign_add(1))}


@pytest.fixture
def counter(tmp_path):
    module = Counter()
    tf.saved_model.save(module, str(tmp_path / "1"), signatures={"serving_default": module.count})
    return tmp_path


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


def predict_log(text):
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.name = "whatever"
    log.predict_log.request.model_spec.version.value = 99
    log.predict_log.request.inputs["text"].CopyFrom(tf.make_tensor_proto([text]))
    return log.SerializeToString()


def write_warmup(base_path, records):
    folder = base_path / "1" / "assets.extra"
    folder.mkdir()
    path = folder / "tf_serving_warmup_requests"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    return path


def ask(server, body, model=DEFAULT_MODEL_NAME):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
    connection.request("POST", f"/v1/models/{model}:predict", json.dumps(body))
    response = connection.getresponse()
    content = json.loads(response.read())
    connection.close()
    return response.status, content


class TestWarmup:
    def test_requests_are_replayed_at_load(self, counter):
        write_warmup(counter, [predict_log("a"), predict_log("b"), predict_log("c")])
        with ModelServer(counter) as server:
            assert ask(server, {"instances": ["d"]}) == (200, {"predictions": [4]})

    def test_without_the_file_nothing_runs(self, counter):
        with ModelServer(counter) as server:
            assert ask(server, {"instances": ["d"]}) == (200, {"predictions": [1]})

    @pytest.mark.parametrize(
        "records, message",
        [
            ([predict_log("a"), predict_log("fail")], "warm-up request 2 .* fails: INVALID_ARGUMENT: .*told to fail"),
            ([b"\xff\xff malformed"], "warm-up request 1 .* is not a PredictionLog"),
            ([b""], "warm-up request 1 .* is of the kind unset"),
            ([predict_log("a")] * 1001, "more than 1000 warm-up requests"),
        ],
    )
    def test_a_bad_record_fails_the_load(self, counter, records, message):
        write_warmup(counter, records)
        with pytest.raises(InputError, match=message):
            ModelServer(counter).start()

    def test_a_cut_file_fails_the_load(self, counter):
        path = write_warmup(counter, [predict_log("a"), predict_log("b")])
        path.write_bytes(path.read_bytes()[:-3])
        with pytest.raises(InputError, match="not a complete TFRecord file after record 1"):
            ModelServer(counter).start()


class TestLoading:
    def test_the_newest_version_alone_is_loaded(self, base_path):
        with ModelServer(base_path) as server:
            assert server.model.version == 12
            body = {"signature_name": "which", "instances": ["a"]}
            assert ask(server, body) == (200, {"predictions": ["v12"]})
            assert ask(server, body, "model/versions/1")[0] == 404

    def test_chosen_versions(self, base_path):
        with ModelServer(base_path, versions=(1,)) as server:
            assert server.model.version == 1
        with pytest.raises(MissingFileError, match="no version 7; it has 1, 12"):
            ModelServer(base_path, versions=(7,)).start()

    def test_base_paths_without_a_model(self, base_path, tmp_path):
        (tmp_path / "latest").mkdir()
        for path, message in [
            (tmp_path / "nowhere", "nowhere does not exist"),
            (tmp_path, "has no version directory"),
            (base_path / "13", "is a file"),
            (base_path / "1", f"is a SavedModel itself.*give its parent, {base_path}"),
        ]:
            with pytest.raises(InputError, match=message):
                ModelServer(path).start()

    def test_version_directories_that_do_not_load(self, tmp_path):
        (tmp_path / "1").mkdir()
        with pytest.raises(InputError, match="1 does not load as a SavedModel: "):
            ModelServer(tmp_path).start()
        (tmp_path / "1" / "saved_model.pb").write_bytes(b"\xffnonsense")
        with pytest.raises(InputError, match="1 does not load as a SavedModel: "):
            ModelServer(tmp_path).start()

    def test_missing_weights(self, counter):
        for path in (counter / "1" / "variables").iterdir():
            path.unlink()
        with pytest.raises(InputError, match="1 does not load as a SavedModel: ") as failure:
            ModelServer(counter).start()
        assert "\n" not in str(failure.value)


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    for module in ("model_server", "rest_server"):
        monkeypatch.delitem(sys.modules, f"rembert_tf.serving.server.{module}", raising=False)
        monkeypatch.delattr(server_package, module, raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'rembert-tf\[serving\]'"):
        server_package.ModelServer  # noqa: B018 - reading the name imports it


class TestPorts:
    @pytest.mark.parametrize("interface", ["rest_port", "grpc_port"])
    def test_a_port_in_use(self, base_path, interface):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(InputError, match=f"port {port} of 127.0.0.1 is in use"):
                ModelServer(base_path, **{interface: port}).start()

    def test_impossible_addresses(self, base_path):
        with pytest.raises(InputError, match="70000 is no port"):
            ModelServer(base_path, rest_port=70000).start()
        with pytest.raises(InputError, match="192.0.2.1 is no address of this machine"):
            ModelServer(base_path, host="192.0.2.1").start()

    def test_ports_are_free_after_stop_and_after_failure(self, one_signature, tmp_path):
        base_path = one_signature("echo")
        first = ModelServer(base_path).start()
        ports = {"rest_port": first.rest_port, "grpc_port": first.grpc_port}
        first.stop()
        first.stop()
        with pytest.raises(InputError):
            ModelServer(tmp_path / "nowhere", **ports).start()
        with ModelServer(base_path, **ports) as second:
            assert ask(second, {"instances": ["a"]}) == (200, {"predictions": ["a"]})
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", ports["rest_port"]))

    def test_only_the_given_interface_is_bound(self, one_signature):
        with ModelServer(one_signature("echo")) as server:
            for port in (server.rest_port, server.grpc_port):
                with pytest.raises(OSError):
                    socket.create_connection(("127.0.0.2", port), timeout=5)


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
        release = model.signatures["release"]
        feeds = {release.inputs["text"].name: [""]}
        model.run(feeds, [release.outputs["text"].name])
        assert json.loads(slow.getresponse().read()) == {"predictions": ["done"]}
        slow.close()
        stopping.join()


def begin_to_wait(server):
    """Sends a request that is answered after `release`, and returns its connection once the model computes it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
    connection.request("POST", "/v1/models/model:predict", '{"instances": ["done"]}')
    while ask(server, {"signature_name": "peek", "instances": [""]})[1]["predictions"] != [True]:
        pass
    return connection


def accepts_connections(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except ConnectionRefusedError:
        return False
    return True
