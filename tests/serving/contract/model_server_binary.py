"""Runs the real `tensorflow_model_server` for the contract tests."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

BINARY = "tensorflow_model_server"
START_SECONDS = 120


def is_installed():
    return shutil.which(BINARY) is not None


@contextlib.contextmanager
def model_server(config_file, monitoring_file, folder, model, versions):
    """Starts the server and waits until it says that its versions answer.

    Args:
        config_file: path of a `ModelServerConfig` in text format.
        monitoring_file: path of a `MonitoringConfig` in text format.
        folder: directory for its log.
        model: name of the model to wait for.
        versions: the set of version numbers to wait for.

    Yields:
        (REST port, gRPC port).
    """
    rest_port, grpc_port = _free_ports(2)
    log = folder / "model_server.log"
    command = [
        BINARY,
        f"--port={grpc_port}",
        f"--rest_api_port={rest_port}",
        f"--model_config_file={config_file}",
        f"--monitoring_config_file={monitoring_file}",
        # A version that does not load shall not be tried for minutes.
        "--max_num_load_retries=0",
        # Labels of the configuration are set while its versions still load.
        "--allow_version_labels_for_unavailable_models=true",
    ]
    with open(log, "wb") as sink, subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT) as process:
        try:
            _wait_until_available(process, rest_port, model, versions, log)
            yield rest_port, grpc_port
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_ports(count):
    # The binary cannot say which port it took, so that 0 is of no use; these are free a moment before.
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [taken.getsockname()[1] for taken in sockets]


def _wait_until_available(process, rest_port, model, versions, log):
    deadline = time.monotonic() + START_SECONDS
    while _available_versions(rest_port, model) != versions:
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                continue
        raise AssertionError(f"{BINARY} does not serve versions {versions} of {model}:\n{_tail(log)}")


def _available_versions(rest_port, model):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{rest_port}/v1/models/{model}", timeout=5) as answer:
            entries = json.load(answer)["model_version_status"]
    except (OSError, urllib.error.HTTPError, ValueError):
        return set()
    return {int(entry["version"]) for entry in entries if entry["state"] == "AVAILABLE"}


def _tail(log):
    return log.read_text(errors="replace")[-4000:]
