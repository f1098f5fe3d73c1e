"""Fine-tuning: it learns, it is repeatable, and its run folder holds what it promises."""

import dataclasses
import json

import numpy as np
import pytest

from rembert_tf import RemBertForSequenceClassification, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.finetune_task import finetune_task
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.tasks.pairs.text_batches import text_batches
from rembert_tf.tasks.start import from_directory, from_nothing, load_task_model
from rembert_tf.training.finetune import FinetuneSettings, finetune
from rembert_tf.training.run_folder import RunFolder

ANIMALS = ["cat", "dog", "horse", "cow", "Katze", "Hund", "Pferd", "Kuh"]
COLOURS = ["red", "green", "blue", "yellow", "rot", "grün", "blau", "gelb"]
TWO_LABELS = {"id2label": {0: "animal", 1: "colour"}}
SETTINGS = FinetuneSettings(epochs=6, batch_size=16, learning_rate=1e-2, max_length=16, seed=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rows = [f"a {word} again,{label}" for words, label in ((ANIMALS, "animal"), (COLOURS, "colour")) for word in words]
    (folder / "train.csv").write_text("\n".join(["text,label", *(rows * 8)]) + "\n")
    (folder / "dev.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    return folder


def train(data, output, text_config, small_vocabulary, settings=SETTINGS):
    start = from_nothing(text_config, small_vocabulary)
    return finetune_task(CsvTask(), start, [data / "train.csv"], [data / "dev.csv"], output, settings)


def train_watched(data, output, text_config, small_vocabulary, settings):
    """Trains, and returns the weights after every step, those evaluated after every epoch, and those left at the end.

    Each is a dict of arrays by path; with shared spelling the n-grams' vectors are among them, but not at the end.
    """
    models, stepped, evaluated = [], [], []

    def start(*arguments):
        model, tokenizer = from_nothing(text_config, small_vocabulary)(*arguments)
        models.append(model)
        return model, tokenizer

    start.new_weights = True

    def report(step, total, note):
        (evaluated if note.startswith("dev") else stepped).append(weights(models[0]))

    finetune_task(CsvTask(), start, [data / "train.csv"], [data / "dev.csv"], output, settings, report=report)
    return stepped, evaluated, weights(models[0])


def weights(model):
    return {variable.path.split("/", 1)[1]: variable.numpy() for variable in model.trainable_variables}


def saved(path):
    return weights(RemBertForSequenceClassification.from_pretrained(path))


def assert_same(first, other, atol=0.0):
    assert first.keys() == other.keys()
    for name, value in first.items():
        np.testing.assert_allclose(value, other[name], rtol=0, atol=atol, err_msg=name)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory, text_config, small_vocabulary):
    output = tmp_path_factory.mktemp("runs") / "run"
    return output, train(data, output, text_config, small_vocabulary)


def test_it_learns(trained):
    _, best = trained
    assert best["accuracy"] == 1.0


def test_run_folder_holds_what_it_promises(trained):
    output, best = trained
    rows = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows if "epoch" in row] == [1, 2, 3, 4, 5, 6]
    assert rows[-1]["step"] == 48
    losses = [row["loss"] for row in rows if "loss" in row]
    assert losses[-1] < losses[0]
    assert json.loads((output / "run.json").read_text())["labels"] == ["animal", "colour"]
    assert json.loads((output / "dev/scores.json").read_text())["scores"]["accuracy"] == best["accuracy"]
    for picture in ("training_curves.png", "dev/errors/confusion.png"):
        assert (output / picture).read_bytes().startswith(b"\x89PNG")
    assert list((output / "tensorboard").iterdir())
    for checkpoint in ("best", "last"):
        model = RemBertForSequenceClassification.from_pretrained(output / checkpoint)
        assert model.config.id2label == {0: "animal", 1: "colour"}
        assert len(RemBertTokenizerFast.from_pretrained(output / checkpoint)) == model.config.vocab_size


def test_the_same_seed_gives_the_same_weights(trained, data, tmp_path, text_config, small_vocabulary):
    train(data, tmp_path / "again", text_config, small_vocabulary)
    first = RemBertForSequenceClassification.from_pretrained(trained[0] / "last")
    again = RemBertForSequenceClassification.from_pretrained(tmp_path / "again" / "last")
    for one, other in zip(first.variables, again.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_masks_and_shared_spelling_are_repeatable_and_in_the_checkpoints(data, tmp_path, text_config, small_vocabulary):
    settings = dataclasses.replace(SETTINGS, epochs=3, mask_rate=0.2, spelling_ngrams=4)
    best = train(data, tmp_path / "one", text_config, small_vocabulary, settings)
    train(data, tmp_path / "other", text_config, small_vocabulary, settings)
    first, again = (
        RemBertForSequenceClassification.from_pretrained(tmp_path / run / "last") for run in ("one", "other")
    )
    for one, other in zip(first.variables, again.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    model, tokenizer = load_task_model(tmp_path / "one" / "best", CsvTask.architecture)
    task = CsvTask()
    held_out = task.read([data / "dev.csv"], ["animal", "colour"])
    assert task.score(held_out, task.predict(model, tokenizer, held_out, 64, 16))["accuracy"] == best["accuracy"]


def test_the_average_of_the_weights_is_evaluated_and_saved(data, tmp_path, text_config, small_vocabulary):
    settings = dataclasses.replace(SETTINGS, epochs=3, average_momentum=0.8, choose="last")
    stepped, evaluated, left = train_watched(data, tmp_path / "run", text_config, small_vocabulary, settings)
    average, by_hand = stepped[0], [stepped[0]]
    for step in stepped[1:]:
        average = {name: 0.8 * average[name] + 0.2 * value for name, value in step.items()}
        by_hand.append(average)
    per_epoch = len(stepped) // 3
    for epoch, found in enumerate(evaluated, start=1):
        assert_same(found, by_hand[epoch * per_epoch - 1], atol=1e-5)
    farthest = max(np.abs(average[name] - value).max() for name, value in stepped[-1].items())
    assert farthest > 1e-3  # the last step's weights would not have passed
    assert_same(saved(tmp_path / "run" / "last"), evaluated[-1])
    assert_same(saved(tmp_path / "run" / "best"), evaluated[-1])
    assert_same(left, evaluated[-1])


def test_averages_go_together_with_shared_spelling(data, tmp_path, text_config, small_vocabulary):
    settings = dataclasses.replace(SETTINGS, epochs=3, mask_rate=0.2, spelling_ngrams=4, average_momentum=0.8)
    stepped, evaluated, left = train_watched(data, tmp_path / "run", text_config, small_vocabulary, settings)
    vectors = next(name for name in stepped[0] if name.endswith("spelling_vectors"))
    average = stepped[0][vectors]
    for step in stepped[1:]:
        average = 0.8 * average + 0.2 * step[vectors]
    np.testing.assert_allclose(evaluated[-1][vectors], average, rtol=0, atol=1e-5)
    assert_same(saved(tmp_path / "run" / "last"), left, atol=1e-6)


def test_without_averages_the_last_steps_weights_are_evaluated_and_saved(data, tmp_path, text_config, small_vocabulary):
    settings = dataclasses.replace(SETTINGS, epochs=2)
    stepped, evaluated, left = train_watched(data, tmp_path / "run", text_config, small_vocabulary, settings)
    assert_same(evaluated[0], stepped[len(stepped) // 2 - 1])
    assert_same(evaluated[1], stepped[-1])
    assert_same(saved(tmp_path / "run" / "last"), stepped[-1])
    assert_same(left, stepped[-1])


@pytest.mark.parametrize(("choose", "epoch"), [("best", 2), ("last", 3)])
def test_the_chosen_epoch_is_saved_as_best(choose, epoch, tmp_path, text_config, small_vocabulary):
    model, tokenizer = from_nothing(text_config, small_vocabulary)(CsvTask.architecture, TWO_LABELS)
    labels = np.array([0] * len(ANIMALS) + [1] * len(COLOURS), "int32")
    batches = text_batches(tokenizer, TextExamples(ANIMALS + COLOURS, labels=labels), 32, 128, with_labels=True)
    settings = dataclasses.replace(SETTINGS, epochs=3, choose=choose)
    run, evaluated = RunFolder(tmp_path / "run"), []
    run.write_settings(dataclasses.asdict(settings))

    def evaluate():
        evaluated.append(weights(model))
        return {"accuracy": [0.5, 0.75, 0.625][len(evaluated) - 1]}

    chosen = finetune(model, tokenizer, batches, settings, run, evaluate)
    assert (chosen["epoch"], chosen["accuracy"]) == (epoch, [0.5, 0.75, 0.625][epoch - 1])
    assert_same(saved(tmp_path / "run" / "best"), evaluated[epoch - 1])
    assert_same(saved(tmp_path / "run" / "last"), evaluated[-1])


def test_shared_spelling_is_refused_where_it_would_undo_trained_embeddings(trained, data, tmp_path):
    settings = dataclasses.replace(SETTINGS, spelling_ngrams=4)
    files = [data / "train.csv"], [data / "dev.csv"]
    with pytest.raises(InputError, match="spelling_ngrams is for new weights"):
        finetune_task(CsvTask(), from_directory(trained[0] / "best"), *files, tmp_path / "run", settings)
    assert not (tmp_path / "run").exists()


def test_max_steps_ends_within_an_epoch(data, tmp_path, text_config, small_vocabulary):
    settings = FinetuneSettings(epochs=3, max_steps=11, batch_size=16, learning_rate=1e-3, max_length=16)
    assert train(data, tmp_path / "run", text_config, small_vocabulary, settings)["step"] <= 11
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert rows[-1]["step"] == 11
    assert (tmp_path / "run" / "last" / "model.safetensors").exists()


def test_training_goes_on_from_a_directory_with_the_same_labels(trained, data, tmp_path):
    settings = FinetuneSettings(epochs=1, batch_size=16, learning_rate=1e-6, max_length=16)
    files = [data / "train.csv"], [data / "dev.csv"]
    best = finetune_task(CsvTask(), from_directory(trained[0] / "best"), *files, tmp_path / "run", settings)
    assert best["accuracy"] == 1.0  # the head came along


def test_other_labels_get_a_new_head_on_the_old_encoder(trained):
    model, _ = from_directory(trained[0] / "best")(CsvTask.architecture, {"id2label": {0: "x", 1: "y", 2: "z"}})
    old = RemBertForSequenceClassification.from_pretrained(trained[0] / "best")
    assert model.config.num_labels == 3
    np.testing.assert_array_equal(
        model.rembert.encoder.blocks[0].attention.query.kernel.numpy(),
        old.rembert.encoder.blocks[0].attention.query.kernel.numpy(),
    )


def test_predictions_come_in_the_order_of_the_texts(trained):
    model, tokenizer = load_task_model(trained[0] / "best", CsvTask.architecture)
    texts = ["a cat again", "a very long text about a colour: blue blue blue", "a red again", ""]

    def scores(texts):
        return [answer["score"] for answer in CsvTask().predict(model, tokenizer, TextExamples(texts), 2, 16)]

    np.testing.assert_allclose(scores(texts), [scores([text])[0] for text in texts], atol=2e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"batch_size": -1}, "batch_size must be at least 1, not -1"),
        ({"max_steps": 0}, "max_steps must be at least 1"),
        ({"learning_rate": float("nan")}, "learning_rate must be a positive number, not nan"),
        ({"mask_rate": 1.0}, "mask_rate must be at least 0 and below 1, not 1.0"),
        ({"spelling_ngrams": -1}, "spelling_ngrams must be at least 0, not -1"),
        ({"average_momentum": 1.0}, "average_momentum must be at least 0 and below 1, not 1.0"),
        ({"choose": "first"}, "choose must be 'best' or 'last', not 'first'"),
    ],
)
def test_impossible_settings_are_named(change, message):
    with pytest.raises(InputError, match=message):
        FinetuneSettings(**change)


def test_exploding_training_stops_and_says_when(data, tmp_path, text_config, small_vocabulary):
    settings = FinetuneSettings(epochs=2, batch_size=16, learning_rate=1e30, max_length=16, warmup_ratio=0.0)
    with pytest.raises(InputError, match=r"the loss is (nan|inf) at step \d+"):
        train(data, tmp_path / "run", text_config, small_vocabulary, settings)


def test_a_refused_run_leaves_no_folder(data, tmp_path, text_config, small_vocabulary):
    settings = FinetuneSettings(max_length=10_000)
    with pytest.raises(InputError, match="max_length is 10000, but the model has"):
        train(data, tmp_path / "run", text_config, small_vocabulary, settings)
    assert not (tmp_path / "run").exists()


def test_occupied_output_folder(data, tmp_path, text_config, small_vocabulary):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        train(data, tmp_path, text_config, small_vocabulary)
    assert (tmp_path / "file").read_text() == "mine"
