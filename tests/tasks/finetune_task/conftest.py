"""What tests of `finetune_task` share: files of several tasks, trainings on them, and a way to train in a second."""

import pytest
import tensorflow as tf

from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.finetune_task import finetune_task
from rembert_tf.tasks.start import from_nothing
from rembert_tf.tokenization import tokenizer_json
from tests.tasks.finetune_task.scripted_runs import ROWS, SETTINGS, SHORT, TAGGED


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Files of several tasks; dev-en.csv holds three of five rows, dev-de.csv two."""
    folder = tmp_path_factory.mktemp("data")

    def table(name, rows):
        (folder / name).write_text("".join(f"{text},{label}\n" for text, label in [("text", "label"), *rows]))

    table("train-en.csv", ROWS * 3)
    table("dev-en.csv", [ROWS[0], ROWS[3], ROWS[4]])
    table("dev-de.csv", [("der Hund", "animal"), ("rot", "colour")])
    table("animals.csv", ROWS[:3])
    (folder / "train-en.tsv").write_text(TAGGED * 8)
    (folder / "dev-en.tsv").write_text(TAGGED)
    (folder / "dev-de.tsv").write_text("Der\tDET\nHund\tNOUN\n\nEr\tPRON\nschläft\tVERB\n")
    (folder / "text.txt").write_text("the cat sat on the mat\n\nthe dog sat on the log\n")
    return folder


@pytest.fixture(scope="session")
def train(data, text_config, small_vocabulary):
    """Trains a task on the data; words are names of its files."""

    def train(task, output, settings=SHORT, dev="dev-en.csv", train="train-en.csv", start=None, **more):
        start = start or from_nothing(text_config.replace(num_hidden_layers=1), small_vocabulary)
        files = [[str(data / name) for name in names.split()] for names in (train, dev)]
        return finetune_task(task, start, *files, output, settings, **more)

    return train


@pytest.fixture(scope="session")
def classifier(train, tmp_path_factory):
    """(run folder, result) of a training with held-out files in two languages."""
    output = tmp_path_factory.mktemp("runs") / "csv"
    return output, train(CsvTask(), output, SETTINGS, "dev-en.csv dev-de.csv")


@pytest.fixture(scope="session")
def written_tokenizer(small_tokenizer):
    """What takes longest when a tokenizer is saved."""
    return tokenizer_json.tokenizer_json(small_tokenizer)


@pytest.fixture
def untraced(monkeypatch, written_tokenizer):
    """Trains without what takes most of the time of a few steps: tracing a graph, and writing tokenizer.json."""
    monkeypatch.setattr(tokenizer_json, "tokenizer_json", lambda *arguments: written_tokenizer)
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
