"""`rembert serve` of a model directory or a run folder: exported once, and anew when the model is another one."""

import json
import os
import shutil

import pytest

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.cli.main import run
from rembert_tf.serving import own_export


@pytest.fixture(scope="module")
def model(tmp_path_factory, text_config, small_tokenizer):
    """The directory of a small classifier."""
    path = tmp_path_factory.mktemp("model")
    config = text_config.replace(num_hidden_layers=1, id2label={0: "animal", 1: "colour"})
    RemBertForSequenceClassification(config).save_pretrained(path)
    small_tokenizer.save_pretrained(path)
    return path


@pytest.fixture
def serve(capfd, monkeypatch):
    """Runs `rembert serve ...` until it listens; returns (version or None, what it said)."""
    asked = []

    def listen(server, on_ready):
        with server:
            asked.append(server.rest_url)
            on_ready(server)

    monkeypatch.setattr("rembert_tf.serving.server.serve_forever", listen)

    def serve(*arguments, code=0):
        assert run(["serve", *map(str, arguments), "--rest-port", "0", "--grpc-port", "0", "--json"]) == code
        printed = capfd.readouterr()
        return (json.loads(printed.out)["version"] if code == 0 else None), printed.err

    return serve


@pytest.fixture
def exported(monkeypatch):
    """The versions that are written, without the check in a fresh process and without warm-up."""
    written = []
    export = own_export.export_saved_model

    def quick(*arguments, **settings):
        written.append(export(*arguments, **{**settings, "check": False, "warmup": False}))
        return written[-1]

    monkeypatch.setattr(own_export, "export_saved_model", quick)
    return written


def test_a_run_folder_is_exported_once(serve, exported, model, tmp_path):
    path = tmp_path / "topic"
    shutil.copytree(model, path / "best")
    (path / "run.json").write_text("{}")
    version, said = serve(path)
    assert version == 1 and exported == [path / "export/1"]
    assert f"exporting {path / 'best'} to {path / 'export'}" in said
    version, said = serve(path)
    assert version == 1 and len(exported) == 1 and "already" in said
    assert serve(path / "export")[0] == 1  # as any folder of versions

    config = json.loads((path / "best/config.json").read_text())
    config["id2label"]["0"] = "beast"
    (path / "best/config.json").write_text(json.dumps(config))
    os.utime(path / "best/config.json", (0, 0))  # its time tells nothing
    assert serve(path)[0] == 2
    assert (path / "export/2/assets/labels.txt").read_text() == "beast\ncolour\n"
    assert serve(path, "--max-length", "12")[0] == 3
    assert "12" in (path / "export/3/assets.extra/model_card.md").read_text()
    assert len(exported) == 3


def test_a_model_directory_that_cannot_be_written(serve, exported, model, tmp_path, monkeypatch):
    path = tmp_path / "topic"
    shutil.copytree(model, path)
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: access(place, mode) and (mode, place) != (os.W_OK, path))
    assert serve(path)[0] == 1 and exported == [tmp_path / "topic-export/1"]
    assert serve(path)[0] == 1 and len(exported) == 1
    monkeypatch.setattr(os, "access", lambda place, mode: access(place, mode) and mode != os.W_OK)
    assert serve(path)[0] == 1  # what is there needs no writing
    _, said = serve(path, "--pair", code=2)
    assert "cannot write an export of" in said and f"rembert export {path} BASE_PATH" in said


def test_what_has_no_model(serve, exported, model, tmp_path):
    (tmp_path / "run.json").write_text("{}")
    assert "has no best/ yet" in serve(tmp_path, code=2)[1]
    (tmp_path / "other").mkdir()
    assert "has no version directory" in serve(tmp_path / "other", code=2)[1]
    shutil.copytree(model, tmp_path / "other", dirs_exist_ok=True)
    config = json.loads((tmp_path / "other/config.json").read_text())
    (tmp_path / "other/config.json").write_text(json.dumps({**config, "architectures": ["RemBertForDreams"]}))
    assert "RemBertForDreams cannot be exported" in serve(tmp_path / "other", code=2)[1]
    assert exported == [] and not (tmp_path / "other/export").exists()


@pytest.mark.slow
def test_the_export_is_checked(serve, model, tmp_path):
    shutil.copytree(model, tmp_path / "topic")
    assert serve(tmp_path / "topic", "--optimize", "cpu", "--pair")[0] == 1
    assert serve(tmp_path / "topic", "--optimize", "cpu", "--pair", "--no-check")[0] == 1


def test_runs_of_several_seeds_are_not_guessed_between(serve, tmp_path):
    for name in ("seed-1", "seed-0"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
    message = serve(tmp_path, code=2)[1]
    assert f"holds the runs seed-0, seed-1: name one of them, such as {tmp_path}/seed-0." in message
