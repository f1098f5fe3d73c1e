"""Fine-tuning on files, from the first row read to the run folder, through kills, collapses and full disks."""

import builtins
import collections
import dataclasses
import errno
import io
import json
import resource

import numpy as np
import pytest
import tensorflow as tf
from seqeval.metrics import f1_score

from rembert_tf import RemBertForSequenceClassification, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tasks.catalogue import get_task
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.finetune_task import TASK_KEY, finetune_seeds, finetune_task
from rembert_tf.tasks.language_modeling.masked_lm_task import MaskedLmTask
from rembert_tf.tasks.start import from_directory, from_nothing
from rembert_tf.tasks.tagging.udpos import UdPos
from rembert_tf.tokenization import tokenizer_json
from rembert_tf.training.run_folder import RunFolder
from rembert_tf.training.settings import FinetuneSettings

SETTINGS = FinetuneSettings(epochs=2, batch_size=8, learning_rate=1e-2, max_length=16)
SHORT = dataclasses.replace(SETTINGS, epochs=1)
ROWS = [("a cat", "animal"), ("a dog", "animal"), ("a cow", "animal"), ("red", "colour"), ("blue", "colour")]
TAGGED = "The\tDET\ndog\tNOUN\nbarks\tVERB\n.\tPUNCT\n\nNew York\tPROPN\nsleeps\tVERB\n\n"


class Killed(Exception):
    """Stands for the moment a process is killed: nothing after it is written."""


class Scripted(CsvTask):
    """The csv task with answers from a script, a letter a dev text and a string an epoch: a(nimal), c(olour)."""

    def __init__(self, *script):
        super().__init__()
        self._script, self._models = list(script), []

    def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
        self._models.append(model)
        names = [next(name for name in examples.names if name[0] == letter) for letter in self._script.pop(0)]
        return [{"label": name, "score": 1.0, "probabilities": {name: 1.0}} for name in names]


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def train(data, text_config, small_vocabulary):
    """Trains a task on the data; words are names of its files."""

    def train(task, output, settings=SHORT, dev="dev-en.csv", train="train-en.csv", start=None, **more):
        start = start or from_nothing(text_config.replace(num_hidden_layers=1), small_vocabulary)
        files = [[str(data / name) for name in names.split()] for names in (train, dev)]
        return finetune_task(task, start, *files, output, settings, **more)

    return train


@pytest.fixture(scope="module")
def classifier(train, tmp_path_factory):
    """(run folder, result) of a training with held-out files in two languages."""
    output = tmp_path_factory.mktemp("runs") / "csv"
    return output, train(CsvTask(), output, SETTINGS, "dev-en.csv dev-de.csv")


@pytest.fixture(scope="module")
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


def read_json(path):
    return json.loads(path.read_text())


def rows_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def weights(directory):
    return [variable.numpy() for variable in RemBertForSequenceClassification.from_pretrained(directory).weights]


def answers_by_hand(directory, texts):
    """The labels that a directory's model gives, one text at a time, by nothing but the model and the tokenizer."""
    model = RemBertForSequenceClassification.from_pretrained(directory)
    tokenizer = RemBertTokenizerFast.from_pretrained(directory)
    found = [int(np.argmax(model(tokenizer([text], padding=True)))) for text in texts]
    return [model.config.id2label[number] for number in found]


def kill_at(step):
    def report(done, total, note):
        if done == step and note.startswith("loss"):
            raise Killed

    return report


def test_the_dev_metric_is_the_mean_over_languages(classifier):
    output, result = classifier
    english = answers_by_hand(output / "best", ["a cat", "red", "blue"])
    german = answers_by_hand(output / "best", ["der Hund", "rot"])
    by_hand = {
        "en": np.mean([answer == label for answer, label in zip(english, ["animal", "colour", "colour"], strict=True)]),
        "de": np.mean([answer == label for answer, label in zip(german, ["animal", "colour"], strict=True)]),
    }
    assert result["accuracy"] == pytest.approx((by_hand["en"] + by_hand["de"]) / 2)
    scores = read_json(output / "dev/scores.json")
    assert {language: found["accuracy"] for language, found in scores["by_language"].items()} == pytest.approx(by_hand)
    assert scores["scores"]["accuracy"] == result["accuracy"]
    written = [json.loads(line)["label"] for line in (output / "dev/test-en.jsonl").read_text().splitlines()]
    assert written == english


def test_the_run_folder_holds_what_it_promises(classifier, data):
    output, result = classifier
    assert {path.name for path in output.iterdir()} == {
        *("best", "last", "dev", "metrics.jsonl", "result.json", "run.json", "tensorboard", "training_curves.png")
    }
    assert result == read_json(output / "result.json")
    assert (result["seed"], result["step"] // result["epoch"]) == (0, 2)
    asked = read_json(output / "run.json")
    assert (asked["task"], asked["rows"], asked["dev_rows"]) == ("csv", 15, 5)
    assert asked["labels"] == ["animal", "colour"]
    assert asked["dev"] == [str(data / "dev-en.csv"), str(data / "dev-de.csv")]
    chosen = next(row for row in rows_of(output) if row.get("epoch") == result["epoch"])
    assert chosen["dev_accuracy"] == result["accuracy"]
    for checkpoint in ("best", "last"):
        assert read_json(output / checkpoint / "config.json")[TASK_KEY] == "csv"
    for name in ("report.html", "report.md"):
        assert (output / "dev/errors" / name).stat().st_size > 500
    assert (output / "training_curves.png").read_bytes().startswith(b"\x89PNG")


def test_tagging_goes_the_same_way(train, data, tmp_path):
    result = train(UdPos(), tmp_path / "run", SETTINGS, "dev-en.tsv dev-de.tsv", "train-en.tsv")
    f1 = []
    for language in ("en", "de"):
        gold = [[line.split("\t")[1] for line in block.splitlines()] for block in blocks(data / f"dev-{language}.tsv")]
        found = [block.splitlines() for block in blocks(tmp_path / f"run/dev/test-{language}.tsv")]
        assert [len(tags) for tags in found] == [len(tags) for tags in gold]
        f1.append(f1_score(gold, found))
    assert result["f1"] == pytest.approx(np.mean(f1))
    assert list(result)[:2] == ["epoch", "step"]
    config = read_json(tmp_path / "run/best/config.json")
    assert config[TASK_KEY] == "udpos"
    assert len(config["id2label"]) == 17


def blocks(path):
    return path.read_text().strip().split("\n\n")


def never(*arguments):
    raise AssertionError("a run that has ended starts no training")


def test_a_run_that_has_ended_returns_its_result_at_once(classifier, train, text_config, small_vocabulary):
    output, result = classifier
    never.asked = from_nothing(text_config, small_vocabulary).asked
    before = rows_of(output)
    assert train(CsvTask(), output, SETTINGS, "dev-en.csv dev-de.csv", start=never, resume=True) == result
    assert rows_of(output) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": dataclasses.replace(SETTINGS, epochs=9)}, "another run: epochs was 2 and is 9"),
        ({"train": "dev-en.csv"}, "rows was 15 and is 3; train was .*train-en.csv'. and is .*dev-en.csv"),
        ({"start": from_directory("elsewhere")}, "another run: model was None and is 'elsewhere'; sentencepiece was"),
    ],
)
def test_another_run_is_not_taken_for_it(classifier, train, change, message):
    asked = {"settings": SETTINGS, "dev": "dev-en.csv dev-de.csv", "resume": True, **change}
    with pytest.raises(InputError, match=message):
        train(CsvTask(), classifier[0], **asked)


@pytest.mark.usefixtures("untraced")
def test_a_collapsed_run_begins_anew_with_another_seed(train, tmp_path):
    settings = dataclasses.replace(SHORT, restarts=2)
    result = train(Scripted("ccc", "cac", "acc"), tmp_path / "run", settings)
    assert (result["seed"], result["accuracy"]) == (1000, pytest.approx(1 / 3))  # of "animal, colour, colour"
    assert {path.name for path in tmp_path.iterdir()} == {"run", "run-collapsed-0"}
    assert [read_json(tmp_path / name / "run.json")["seed"] for name in ("run-collapsed-0", "run")] == [0, 1000]
    # That it has several answers is enough; and a run of another beginning is not mixed up with this one's remains.
    with pytest.raises(InputError, match="run-collapsed-0' is left of an earlier run"):
        (tmp_path / "run").rename(tmp_path / "kept")
        train(Scripted(), tmp_path / "run", settings)


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
def test_a_restart_goes_on_after_a_kill(train, tmp_path):
    settings = dataclasses.replace(SHORT, restarts=1, save_every=1)
    whole = train(Scripted("ccc", "acc"), tmp_path / "whole", settings)
    seeds = collections.Counter()

    def second_attempt(step, total, note):
        seeds[note.split()[0]] += 1
        if seeds["loss"] == 3:  # the first step of the second attempt: an epoch has two
            raise Killed

    with pytest.raises(Killed):
        train(Scripted("ccc"), tmp_path / "run", settings, report=second_attempt)
    resumed = train(Scripted("acc", "acc"), tmp_path / "run", settings, resume=True)
    assert resumed == whole
    assert resumed["seed"] == 1000
    for ours, theirs in zip(weights(tmp_path / "run/last"), weights(tmp_path / "whole/last"), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    ("script", "dev", "restarted"),
    [("aaa", "animals.csv", False), ("ccc", "animals.csv", True), ("cca", "animals.csv", False)],
)
def test_only_wrong_monotony_is_a_collapse(train, tmp_path, script, dev, restarted):
    # All right because all are animals; never right; two answers. A second attempt answers well.
    train(Scripted(script, "aaa"), tmp_path / "run", dataclasses.replace(SHORT, restarts=1), dev)
    assert (tmp_path / "run-collapsed-0").exists() == restarted


@pytest.mark.usefixtures("untraced")
def test_a_collapse_without_restarts_is_told(train, tmp_path):
    assert train(Scripted("ccc"), tmp_path / "run", SHORT)["collapsed"] is True
    assert "collapsed" not in train(Scripted("acc"), tmp_path / "other", SHORT)


class NeverRight(MaskedLmTask):
    def score(self, examples, predictions):
        return {**super().score(examples, predictions), "accuracy": 0.0}


def test_a_language_model_that_guesses_nothing_right_has_not_collapsed(train, tmp_path):
    result = train(NeverRight(), tmp_path / "run", dataclasses.replace(SHORT, restarts=1), "text.txt", "text.txt")
    assert (result["accuracy"], result["seed"]) == (0.0, 0)
    assert not (tmp_path / "run-collapsed-0").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
def test_what_stays_in_dev_is_the_best_epochs_even_after_a_kill(train, tmp_path):
    task = Scripted("acc", "cca", "acc")  # all right; two wrong, after the kill; the best checkpoint, read again
    settings = dataclasses.replace(SETTINGS, save_every=1)
    with pytest.raises(Killed):
        train(task, tmp_path / "run", settings, report=kill_at(4))
    result = train(task, tmp_path / "run", settings, resume=True)
    assert (result["epoch"], result["accuracy"]) == (1, 1.0)
    assert read_json(tmp_path / "run/dev/scores.json")["scores"]["accuracy"] == 1.0
    for asked, best in zip(task._models[-1].weights, weights(tmp_path / "run/best"), strict=True):
        np.testing.assert_array_equal(asked.numpy(), best)


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
def test_a_kill_after_the_last_word_was_written_does_no_harm(train, tmp_path, monkeypatch):
    def killed(run, result):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(RunFolder, "write_result", killed)
        train(Scripted("acc"), tmp_path / "run")
    result = train(Scripted("acc", "acc"), tmp_path / "run", resume=True)
    assert (result["accuracy"], result["epoch"]) == (1.0, 1)


@pytest.mark.usefixtures("untraced")
def test_a_loss_that_is_no_number_ends_the_run_and_spares_what_was_good(train, tmp_path, text_config, small_vocabulary):
    models = []

    def start(*arguments):
        model, tokenizer = from_nothing(text_config, small_vocabulary)(*arguments)
        models.append(model)
        return model, tokenizer

    def poison(step, total, note):
        if step == 3 and note.startswith("loss"):  # the first of the second epoch
            variable = models[0].trainable_variables[-1]
            variable.assign(tf.fill(variable.shape, np.nan))

    with pytest.raises(InputError, match="the loss is nan at step 4: training stopped; try a lower learning rate"):
        train(CsvTask(), tmp_path / "run", SETTINGS, start=start, report=poison)
    assert all(np.isfinite(weight).all() for weight in weights(tmp_path / "run/best"))
    assert [row["epoch"] for row in rows_of(tmp_path / "run") if "epoch" in row] == [1]
    resumed = train(CsvTask(), tmp_path / "run", SETTINGS, start=start, resume=True)
    assert resumed["epoch"] in (1, 2)
    assert rows_of(tmp_path / "run")[-1]["step"] == 4


@pytest.mark.usefixtures("untraced")
def test_patience_ends_a_run_that_no_longer_improves(train, tmp_path):
    settings = dataclasses.replace(SETTINGS, epochs=9, patience=2)
    result = train(Scripted("cca", "acc", "aca", "acc"), tmp_path / "run", settings)
    assert (result["epoch"], result["step"], result["accuracy"]) == (2, 4, 1.0)
    assert [row["epoch"] for row in rows_of(tmp_path / "run") if "epoch" in row] == [1, 2, 3, 4]
    assert rows_of(tmp_path / "run")[-1]["step"] == 8


@pytest.mark.usefixtures("untraced")
def test_several_seeds_have_a_mean_and_a_deviation(data, text_config, small_vocabulary, tmp_path):
    start = from_nothing(text_config.replace(num_hidden_layers=1), small_vocabulary)
    settings = dataclasses.replace(SHORT, seed=5)
    files = [str(data / "train-en.csv")], [str(data / "dev-en.csv")]
    found = finetune_seeds(Scripted("acc", "aca"), start, *files, tmp_path / "runs", settings, 2)
    accuracies = [result["accuracy"] for result in found["runs"].values()]
    assert accuracies == pytest.approx([1, 2 / 3])
    assert found["mean"]["accuracy"] == pytest.approx(np.mean(accuracies))
    assert found["deviation"]["accuracy"] == pytest.approx(np.std(accuracies, ddof=1))
    assert [result["seed"] for result in found["runs"].values()] == [5, 6]
    assert list(found["runs"]) == [str(tmp_path / f"runs/seed-{seed}") for seed in (5, 6)]
    assert found == read_json(tmp_path / "runs/seeds.json")
    assert set(found["mean"]) == {"accuracy", "macro_f1"}
    with pytest.raises(InputError, match="seed-5' is not empty"):  # before seed 4 is trained
        finetune_seeds(Scripted(), never, *files, tmp_path / "runs", dataclasses.replace(settings, seed=4), 2)


@pytest.mark.usefixtures("untraced")
def test_a_full_disk_is_told_in_a_sentence_and_the_run_can_go_on(train, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # the table of the vocabulary alone is larger
    try:
        with pytest.raises(InputError, match="cannot save the run's state in .*: File too large"):
            train(CsvTask(), tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in (tmp_path / "run").iterdir() if "partial" in path.name] == []
    assert train(CsvTask(), tmp_path / "run", resume=True)["epoch"] == 1


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("name", ["model.safetensors", "training_curves.png", "report.html", "result.json"])
def test_a_disk_that_is_full_at_any_file_spares_the_last_good_checkpoint(train, tmp_path, monkeypatch, name):
    task, ended = Scripted("aca", "acc", "acc", "acc"), []  # the second epoch is better, and then what is asked again
    opened, kept = open, []

    def full(file, mode="r", *arguments, **more):
        if name in str(file) and set(mode) & set("wax") and ended:
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(file, mode, *arguments, **more)

    def after_an_epoch(step, total, note):
        if note.startswith("dev") and not kept:
            kept.append(weights(tmp_path / "run/best"))
            ended.append(step)

    monkeypatch.setattr(builtins, "open", full)
    monkeypatch.setattr(io, "open", full)
    with pytest.raises(InputError, match="cannot write .*: No space left on device"):
        train(task, tmp_path / "run", SETTINGS, report=after_an_epoch)
    monkeypatch.undo()
    survived = weights(tmp_path / "run/best")
    same = all(np.array_equal(ours, theirs) for ours, theirs in zip(survived, kept[0], strict=True))
    assert same == (name == "model.safetensors")  # the others come when the better epoch has been saved
    assert all(np.isfinite(weight).all() for weight in survived)
    assert not [path for path in (tmp_path / "run").rglob("*partial*")]


def test_tensorboard_logs_that_cannot_be_written_are_told_in_a_sentence(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.write_settings({})
    run.log(1, loss=0.5)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))  # metrics.jsonl is smaller
    try:
        with pytest.raises(InputError, match=r"cannot write .*tensorboard': File too large\.$"):
            run.log(2, loss=0.25)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_metrics_that_cannot_be_written_are_told_in_a_sentence(tmp_path):
    (tmp_path / "metrics.jsonl").symlink_to("/dev/full")
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError, match="cannot write .*metrics.jsonl': No space left on device"):
        RunFolder(tmp_path, resume=True).log(1, loss=0.5)


@pytest.mark.parametrize(
    ("task", "name", "content", "message"),
    [
        (CsvTask, "dev-en.csv", "text,label\na cat,animal\nx,number\n", "dev-en.csv.*3.*'number' does not occur"),
        (CsvTask, "dev-en.csv", "", "dev-en.csv.* (is empty|has no rows|holds no)"),
        (UdPos, "dev-en.tsv", "dog\tNOUN\ncat\tKATZE\n", r"dev-en.tsv, line 2: the tag 'KATZE' of 'cat' is not one"),
        (UdPos, "dev-en.tsv", "\n", "dev-en.tsv holds no word"),
        (CsvTask, "dev-en.csv", "text\na cat\n", "dev-en.csv: rows that have no labels can be predicted, but neither"),
        (UdPos, "dev-en.tsv", "dog\n", "dev-en.tsv, line 1: no tag; a line must be .* for scoring"),
    ],
)
def test_bad_held_out_files_are_refused_before_training(data, tmp_path, task, name, content, message):
    (tmp_path / name).write_text(content)
    train = data / ("train-en.csv" if task is CsvTask else "train-en.tsv")
    with pytest.raises(InputError, match=message):
        finetune_task(task(), never, [str(train)], [str(tmp_path / name)], tmp_path / "run", SETTINGS)
    assert not (tmp_path / "run").exists()


UNANSWERED = {
    "xnli": "one\tother\n",
    "udpos": "dog\n",
    "xquad": json.dumps({"data": [{"paragraphs": [{"context": "a", "qas": [{"id": "1", "question": "b"}]}]}]}),
    "multiple-choice": json.dumps({"prompt": "a", "choices": ["b", "c"]}),
}


@pytest.mark.parametrize("name", UNANSWERED)
def test_training_files_without_answers_are_refused_before_the_model_is_made(name, tmp_path):
    file = tmp_path / "train-en.tsv"
    file.write_text(UNANSWERED[name])
    with pytest.raises(InputError, match="train-en.tsv.*(no labels|no tag|no answer)"):
        finetune_task(get_task(name), never, [file], [file], tmp_path / "run", SETTINGS)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"freeze": ("layers:9",)}, "freeze says layers:9, but the model has 1 blocks"),
        ({"label_smoothing": 0.1}, "label_smoothing is for tasks whose labels are classes, and here mlm has none"),
        ({"mask_rate": 0.1}, "mask_rate is for tasks that mask nothing themselves"),
        ({"max_length": 2}, "max_length must be at least 3, not 2"),
    ],
)
def test_settings_that_do_not_fit_leave_no_folder(train, tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        train(MaskedLmTask(), tmp_path / "run", dataclasses.replace(SHORT, **change), "text.txt", "text.txt")
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("untraced")
def test_weights_that_the_last_step_spoiled_are_not_saved(train, tmp_path, text_config, small_vocabulary):
    models = []

    def start(*arguments):
        model, tokenizer = from_nothing(text_config, small_vocabulary)(*arguments)
        models.append(model)
        return model, tokenizer

    def spoil(step, total, note):
        if step == 4 and note.startswith("loss"):  # the last of the second epoch, whose own loss was a number
            models[0].trainable_variables[-1].assign(models[0].trainable_variables[-1] * np.nan)

    with pytest.raises(InputError, match="the weights are no longer numbers after step 4: training stopped"):
        train(CsvTask(), tmp_path / "run", SETTINGS, start=start, report=spoil)
    assert [path.name for path in (tmp_path / "run").glob("state-*")] == ["state-000000002"]
    assert all(np.isfinite(weight).all() for weight in weights(tmp_path / "run/best"))
    assert train(CsvTask(), tmp_path / "run", SETTINGS, start=start, resume=True)["step"] in (2, 4)
