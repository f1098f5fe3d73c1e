"""Models whose answers a test can compute in its head, and a command that answers files with them."""

import json

import pytest

pytest.importorskip("apache_beam", reason="the beam extra is not installed")

import tensorflow as tf

from rembert_tf.serving.batch import BatchSettings, predict_files
from rembert_tf.serving.batch.output import OutputFiles
from tests.serving.batch.stopped_commands import FILES, SETTINGS
from tests.serving.heads_zoo import HeadsZoo
from tests.serving.zoo import Zoo, spec


class Careful(tf.Module):
    """Characters of a text; refuses texts with "bad" in them, and has no number for "nan"."""

    @tf.function(input_signature=spec("text"))
    def lengths(self, text):
        refused = tf.reduce_any(tf.strings.regex_full_match(text, ".*bad.*"))
        with tf.control_dependencies([tf.debugging.assert_equal(refused, False, message="a text is bad")]):
            sizes = tf.cast(tf.strings.length(text, unit="UTF8_CHAR"), tf.float32)
        return {"score": tf.where(text == "nan", float("nan"), sizes)}


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Returns the directory of a SavedModel: `models("answer")`, written once."""
    written = {}

    def model(name):
        if name not in written:
            path = tmp_path_factory.mktemp(name) / "1"
            zoo = Careful() if name == "lengths" else HeadsZoo() if hasattr(HeadsZoo, name) else Zoo(1)
            signatures = {"serving_default": getattr(zoo, name)}
            if isinstance(zoo, HeadsZoo):
                signatures |= {"tokenize": zoo.tokenize, "classify": zoo.classify}
            tf.saved_model.save(zoo, str(path), signatures=signatures)
            written[name] = path
        return written[name]

    return model


class Predicting:
    """Files in a folder, and the answers to them.

    Args:
        folder: a Path, in which files are written as {name: content}.
    """

    def __init__(self, folder):
        self.folder = folder
        self.prefix = folder / "answers" / "rows"

    def write(self, files):
        """Writes files: str as UTF-8, bytes as they are, a list of objects as JSON lines."""
        for name, content in files.items():
            if isinstance(content, list):
                content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [str(self.folder / name) for name in files]

    def __call__(self, model, files, flags=(), **settings):
        """Answers files, or those that have been written; returns (answers, rejected rows, summary)."""
        paths = self.write(files) if isinstance(files, dict) else files
        summary = predict_files(model, paths, self.prefix, BatchSettings(**settings), flags)
        return self.answers(), self.rejected(), summary

    def answers(self):
        """Returns all answers, in the order of files and rows."""
        return [row for path in sorted(self.prefix.parent.glob("rows-*.jsonl")) for row in lines(path)]

    def rejected(self):
        """Returns (row, reason) of the rows without an answer."""
        return [(row["row"], row["reason"]) for row in lines(self.prefix.parent / "rows.rejected.jsonl")]


def lines(path):
    """Returns the objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


@pytest.fixture
def predicting(tmp_path):
    return Predicting(tmp_path)


@pytest.fixture
def stopped(predicting, models, monkeypatch, request):
    """The folder of a command that failed at its fifth part; a parameter is further settings of it."""
    settings = {**SETTINGS, **getattr(request, "param", {})}
    written, write_part = [], OutputFiles.write_part

    def failing(self, *arguments):
        if len(written) == 4:
            raise KeyboardInterrupt
        written.append(arguments)
        write_part(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(OutputFiles, "write_part", failing)
        with pytest.raises(KeyboardInterrupt):
            predicting(models("embed"), FILES, **settings)
    return predicting
