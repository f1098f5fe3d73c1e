"""`rembert serve` and `rembert query`."""

import json
import shlex
import signal
import subprocess
import sys
import urllib.request

import pytest

from rembert_tf.cli.main import run


@pytest.fixture
def rembert(capfd):
    """Runs the command line in this process: (exit code, standard output, standard error)."""

    def rembert(*arguments):
        code = run(list(map(str, arguments)))
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return rembert


class TestQuery:
    @pytest.mark.parametrize("transport", ["rest_url", "grpc_url"])
    def test_one_line_for_each_text(self, rembert, server, transport):
        code, out, _ = rembert("query", getattr(server, transport), "abc", "", "--name", "zoo")
        assert (code, out) == (0, "long\t0.7500\nshort\t1.0000\n")

    def test_json(self, rembert, server):
        code, out, _ = rembert("query", server.rest_url, "abc", "a", "--name", "zoo", "--json")
        first, second = map(json.loads, out.splitlines())
        assert first == {"label": "long", "score": 0.75, "probabilities": [0.25, 0.75]}
        assert second["score"] == 0.5

    def test_other_models(self, rembert, one_signature):
        from rembert_tf.serving.server import ModelServer

        with ModelServer(one_signature("join")) as join, ModelServer(one_signature("echo")) as echo:
            code, out, _ = rembert("query", join.rest_url, "a", "bb", "--pair", "c")
            assert (code, out) == (0, "joined=ac\tlength=1\njoined=bbc\tlength=2\n")
            code, out, _ = rembert("query", echo.rest_url, "two\nlines", "日本")
            assert (code, out) == (0, '"two\\nlines"\n日本\n')

    def test_mistakes(self, rembert, server):
        for arguments, message in [
            ((server.rest_url, "a"), "the server has no model 'model'"),
            ((server.rest_url, "a", "--pair", "b", "--name", "zoo"), "takes text alone"),
            (("nonsense", "a"), "nonsense is no server's URL"),
            ((server.rest_url,), "give the texts either as TEXT... or as --input FILE"),
        ]:
            code, out, err = rembert("query", *arguments)
            assert (code, out) == (2, "")
            assert message in err
            assert "Traceback" not in err


class TestServe:
    def test_mistakes(self, rembert, tmp_path, server, base_path):
        for arguments, message in [
            ((tmp_path, "--rest-port", 0, "--grpc-port", 0), "has no version directory"),
            ((base_path, "--rest-port", server.rest_port, "--grpc-port", 0), f"port {server.rest_port} of 127.0.0.1"),
            ((base_path, "--rest-port", 0, "--grpc-port", server.grpc_port), f"port {server.grpc_port} of 127.0.0.1"),
        ]:
            code, out, err = rembert("serve", *arguments)
            assert (code, out) == (2, "")
            assert message in err

    @pytest.mark.slow
    def test_from_start_to_signal(self, base_path):
        command = [sys.executable, "-m", "rembert_tf.cli.main", "serve", str(base_path)]
        options = ["--name", "zoo", "--rest-port", "0", "--grpc-port", "0", "--json"]
        with subprocess.Popen(
            command + options, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        ) as process:
            try:
                ready = json.loads(process.stdout.readline())
                assert (ready["name"], ready["version"], ready["host"]) == ("zoo", 12, "127.0.0.1")
                url = f"http://127.0.0.1:{ready['rest_port']}/v1/models/zoo"
                with urllib.request.urlopen(url) as answer:
                    assert json.load(answer)["model_version_status"][0]["state"] == "AVAILABLE"
            finally:
                process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
        assert process.returncode == 0
        line = next(line for line in err.splitlines() if line.strip().startswith("curl"))
        curl, option, body, target = shlex.split(line)
        assert (curl, option, target) == ("curl", "-d", f"{url}:predict")
        assert len(json.loads(body)["instances"]) == 1
        assert "stand-in for development" in err
        assert err.rstrip().endswith("Stopped.")

    def test_the_suggested_request_is_answered(self, one_signature):
        from rembert_tf.serving.server import ModelServer
        from rembert_tf.serving.server.example_request import curl_line

        for name in ("sentiment", "join", "choose", "matrix", "integers", "types"):
            with ModelServer(one_signature(name)) as server:
                signature = server.model.signatures["serving_default"]
                *_, body, url = shlex.split(curl_line(server.rest_url, server.name, signature))
                with urllib.request.urlopen(url, body.encode()) as answer:
                    assert len(json.load(answer)["predictions"]) == 1

    @pytest.mark.parametrize("name", ["serve", "query"])
    def test_help_ends_with_an_example(self, rembert, name):
        code, out, _ = rembert(name, "--help")
        assert code == 0
        assert f"rembert {name}" in out[out.index("Example") :]
