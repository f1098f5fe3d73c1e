"""`rembert serve` with its options: mistakes, and a server as a process of its own."""

import contextlib
import http.client
import json
import logging
import signal
import subprocess
import sys

import pytest

from rembert_tf.cli.main import run
from rembert_tf.cli.serve import log_on_console
from tests.serving.http_requests import accepts_connections
from tests.serving.versions.model_configs import entry, listed


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "Give either PATH or --model-config-file"),
        (["here", "--model-config-file", "f"], "Give either PATH or --model-config-file"),
        (["--model-config-file", "f", "--name", "m"], "--name goes with PATH"),
        (["here", "--max-length", "9"], "--max-length goes with a model directory or a run folder"),
        (["here", "--no-check"], "--no-check goes with a model directory or a run folder"),
        (["--model-config-file", "f", "--pair"], "--pair goes with a model directory or a run folder"),
        (["here", "--batching-parameters-file", "f"], "--batching-parameters-file goes with --enable-batching"),
        (["here", "--enable-batching", "--batching-parameters-file", "nowhere"], "nowhere cannot be read"),
        (["--model-config-file", "nowhere"], "nowhere does not exist"),
        (["here", "--threads", "0"], "threads is 0; it must be 1 or more"),
        (["here", "--grace", "-1"], "grace is -1.0; it must be 0 seconds or more"),
        (["here", "--name", "a/b"], "a URL cannot hold the model name 'a/b'"),
        (["here", "--access-log", "nowhere/log"], "'nowhere/log': No such file or directory"),
    ],
)
def test_mistakes(capfd, monkeypatch, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert run(["serve", *arguments]) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert message in captured.err


def test_a_mistake_in_the_configuration_file(capfd, tmp_path):
    (tmp_path / "models.config").write_text("model_config_list {\n config {\n  nam: 'x'\n } }")
    assert run(["serve", "--model-config-file", str(tmp_path / "models.config")]) == 2
    assert "models.config, line 3:" in capfd.readouterr().err


def test_the_log_is_said_once(capsys):
    """TensorFlow, exporting in the same process, may have given the root logger a handler."""
    root, log = logging.getLogger(), logging.getLogger("rembert_tf.serving.server.a_part")
    other = logging.StreamHandler()
    root.addHandler(other)
    try:
        with log_on_console():
            log.info("loading")
        log.warning("afterwards")
    finally:
        root.removeHandler(other)
    said = capsys.readouterr().err
    assert said.count("loading") == 1 and said.count("afterwards") == 1


@contextlib.contextmanager
def serving(*arguments):
    """A server process and what it said when it was ready."""
    command = [sys.executable, "-m", "rembert_tf.cli.main", "serve", *map(str, arguments)]
    ports = ["--rest-port", "0", "--grpc-port", "0", "--json"]
    with subprocess.Popen([*command, *ports], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def send(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body)
    return connection


@pytest.mark.slow
def test_every_option_together(one_signature, tmp_path):
    config, batching, log = (tmp_path / name for name in ("models.config", "batching.txt", "access.log"))
    config.write_text(listed(entry("a", one_signature("echo"), labels={"only": 1}), entry("b", one_signature("join"))))
    batching.write_text("max_batch_size { value: 4 }")
    options = ["--model-config-file", config, "--allow-version-labels-for-unavailable-models", "--threads", 2]
    options += ["--enable-batching", "--batching-parameters-file", batching, "--access-log", log]
    options += ["--monitoring-path", "/metrics", "--enable-grpc-healthcheck-service", "--enable-cors"]
    with serving(*options) as (process, ready):
        assert (ready["name"], ready["models"]) == ("a", {"a": 1, "b": 1})
        port = ready["rest_port"]
        answer = send(port, "POST", "/v1/models/a/labels/only:predict", '{"instances": ["x"]}').getresponse()
        assert (answer.status, json.loads(answer.read())) == (200, {"predictions": ["x"]})
        too_many = send(port, "POST", "/v1/models/a:predict", json.dumps({"instances": ["x"] * 5})).getresponse()
        assert too_many.status == 400
        assert b":tensorflow:serving:request_count" in send(port, "GET", "/metrics").getresponse().read()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert err.rstrip().endswith("Stopped.") and "InitializeLog" not in err
    assert "loading version 1 of model b" in err
    assert [json.loads(line)["method"] for line in log.read_text().splitlines()][:2] == ["Predict", "Predict"]


@pytest.mark.slow
def test_a_second_signal_ends_it_at_once(one_signature):
    with serving(one_signature("endless"), "--grace", 600, "--rest-timeout", 600) as (process, ready):
        waiting = send(ready["rest_port"], "POST", "/v1/models/model:predict", '{"instances": [1]}')
        process.send_signal(signal.SIGTERM)
        while accepts_connections(ready["rest_port"]):  # until it has understood the first
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == -signal.SIGTERM
        waiting.close()
