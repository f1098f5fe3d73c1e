"""The quick demo through the command line, as a user starts it."""

import csv
import json
import shlex
import struct
import subprocess
import sys
import urllib.request
from types import SimpleNamespace

import pytest

from rembert_tf.demo.languages import BY_CODE
from rembert_tf.demo.live_sentences import LIVE_SENTENCES
from rembert_tf.demo.server_process import ServerProcess
from rembert_tf.demo.sources import LABELS

pytestmark = pytest.mark.slow


def rembert(*arguments):
    command = [sys.executable, "-m", "rembert_tf.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=600)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    for package in ("babel", "django", "allauth", "sphinx", "sklearn", "tensorflow_serving"):
        pytest.importorskip(package, reason="the demo and serving extras are not installed")
    folder = tmp_path_factory.mktemp("runs") / "demo"
    finished = rembert("demo", "--quick", "--output", folder)
    assert finished.returncode == 0, finished.stderr
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    commands = finished.stdout.split("Try next:")[1].strip().splitlines()
    commands = [shlex.split(line) for line in commands if not line.strip().startswith("#")]
    return SimpleNamespace(folder=folder, text=finished.stdout, metrics=metrics, commands=commands)


def test_it_leaves_metrics_pictures_a_model_and_a_saved_model(demo):
    for picture in ("training/training_curves.png", "confusion_matrix.png", "languages.png"):
        content = (demo.folder / picture).read_bytes()
        assert content.startswith(b"\x89PNG") and min(struct.unpack(">II", content[16:24])) > 300  # width, height
    for name in ("config.json", "model.safetensors", "sentencepiece.model"):
        assert (demo.folder / "training" / "best" / name).is_file()
    exported = demo.folder / "serving" / "1"
    assert (exported / "saved_model.pb").is_file()
    assert (exported / "assets.extra" / "tf_serving_warmup_requests").is_file()


def test_the_model_has_learned_in_languages_it_has_seen(demo):
    seen = demo.metrics["test"]["seen"]
    assert seen["model"]["accuracy"] > seen["most_frequent"]["accuracy"] + 0.1
    assert seen["baseline"]["accuracy"] > seen["most_frequent"]["accuracy"]
    assert len(seen["model"]["languages"]) >= 20
    assert {language["split_kind"] for language in demo.metrics["test"]["unseen"]["model"]["languages"]} == {"unseen"}


def test_the_printed_figures_are_those_of_the_test_file(demo):
    """Labels test.csv again with `rembert predict` and counts without the demo's own code."""
    labelled = demo.folder / "labelled.csv"
    predicted = rembert("predict", demo.folder / "training" / "best", "--input", demo.folder / "corpus" / "test.csv",
                        "--output", labelled)  # fmt: skip
    assert predicted.returncode == 0, predicted.stderr
    with open(demo.folder / "corpus" / "test.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(labelled, encoding="utf-8", newline="") as file:
        answers = [row["label"] for row in csv.DictReader(file)]
    for kind in ("seen", "unseen"):
        hits = [row["label"] == answer for row, answer in zip(rows, answers, strict=True) if row["split_kind"] == kind]
        accuracy = sum(hits) / len(hits)
        assert demo.metrics["test"][kind]["model"]["accuracy"] == pytest.approx(accuracy)
        assert f"this model {accuracy:.1%}" in " ".join(demo.text.split())


def test_the_server_answered_every_sentence_over_both_interfaces(demo):
    answers = demo.metrics["live"]["answers"]
    assert [answer["text"] for answer in answers] == [sentence.text for sentence in LIVE_SENTENCES]
    assert len({BY_CODE[answer["language"]].script for answer in answers}) >= 8
    assert all(answer["answer"] in LABELS and 1 / len(LABELS) <= answer["score"] <= 1 for answer in answers)
    assert demo.metrics["live"]["largest_difference"] < 1e-6
    assert all(sentence.text in demo.text for sentence in LIVE_SENTENCES)


def test_its_limits_are_kept(demo):
    assert demo.metrics["resources"]["peak_memory_gb"] < 6


def test_the_commands_at_the_end_work(demo, tmp_path):
    serve, curl, query, predict = demo.commands
    # On free ports, since 8501 may be in use where the tests run.
    with ServerProcess(serve[2], tmp_path / "server.log") as server:
        path = curl[3].split("/v1/", 1)[1]
        request = urllib.request.Request(f"{server.rest_url}/v1/{path}", data=curl[2].encode())
        with urllib.request.urlopen(request) as response:
            answer = json.loads(response.read())["predictions"][0]
        asked = rembert("query", server.rest_url, *query[3:])
    assert answer["label"] in LABELS
    assert asked.returncode == 0 and asked.stdout.split("\t")[0] == answer["label"]
    labelled = rembert(*predict[1:])
    live = {json.loads(line)["text"]: json.loads(line)["label"] for line in labelled.stdout.splitlines()}
    assert live == {answer["text"]: answer["answer"] for answer in demo.metrics["live"]["answers"]}


def test_a_folder_with_something_else_is_refused(tmp_path):
    (tmp_path / "mine.txt").touch()
    refused = rembert("demo", "--quick", "--output", tmp_path)
    assert refused.returncode == 2 and len(refused.stderr.strip().splitlines()) == 1
    assert "holds no earlier demo" in refused.stderr and refused.stdout == ""
