"""The guide of the playground: its command and its program, on a small model in the place of the reader's."""

import json
import re
import shutil
from pathlib import Path

import pytest

from rembert_tf.cli.main import run
from rembert_tf.serving import own_export
from tests.serving.http_requests import request

GUIDE = Path(__file__).resolve().parents[3] / "docs/guides/playground.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), flags=re.DOTALL)


@pytest.fixture
def run_folder(topic, tmp_path, monkeypatch):
    """A folder with `runs/topic`, whose export is not checked in a process of its own."""
    shutil.copytree(topic / "model", tmp_path / "runs/topic/best")
    (tmp_path / "runs/topic/run.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    export = own_export.export_saved_model
    quick = {"check": False, "warmup": False}
    monkeypatch.setattr(own_export, "export_saved_model", lambda *a, **settings: export(*a, **{**settings, **quick}))


def test_the_command_and_the_program(run_folder, capfd, monkeypatch):
    answers = []

    def listen(server, on_ready):
        with server:
            on_ready(server)
            headers = {"Content-Type": "application/json"}
            for question in ("attention", "attributions"):
                body = {"model": server.name, "inputs": {"text": "Museum"}}
                path = f"/playground/api/{question}"
                answers.append(json.loads(request(server.rest_port, path=path, body=body, headers=headers)[2]))
            answers.append(request(server.rest_port, "GET", "/playground/")[0])

    monkeypatch.setattr("rembert_tf.serving.server.serve_forever", listen)
    (console,) = blocks("console")
    command, *printed = console.splitlines()
    words = command.removeprefix("$ rembert ").split()
    assert run([*words, "--rest-port", "0", "--grpc-port", "0"]) == 0
    said = capfd.readouterr().err
    for line in printed:
        assert re.search(re.sub(r":85\\?0[01]", r":\\d+", re.escape(line)), said), line
    attention, attributions, status = answers
    assert len(attention["weights"]) == len(attributions["attributions"]) > 2 and status == 200

    (program,) = blocks("python")
    exec(compile(program, str(GUIDE), "exec"), {})
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/playground/\n", capfd.readouterr().out)


def test_an_export_alone_is_not_explained(topic, capfd, monkeypatch):
    described = []

    def listen(server, on_ready):
        with server:
            on_ready(server)
            described.append(json.loads(request(server.rest_port, "GET", "/playground/api/models")[2])["models"])

    monkeypatch.setattr("rembert_tf.serving.server.serve_forever", listen)
    ports = ["--rest-port", "0", "--grpc-port", "0", "--json"]
    assert run(["serve", str(topic / "export"), "--playground", *ports]) == 0
    assert "an export has only its answers" in described[0][0]["unexplained"]
    assert json.loads(capfd.readouterr().out)["playground"].endswith("/playground/")


def test_its_pictures_are_small_and_there():
    pictures = re.findall(r"\]\((\.\./images/[^)]+)\)", GUIDE.read_text("utf-8"))
    assert len(pictures) == 2
    for picture in pictures:
        assert 0 < (GUIDE.parent / picture).stat().st_size < 150_000
