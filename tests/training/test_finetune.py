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
from rembert_tf.tasks.start import from_directory, load_task_model
from rembert_tf.training.settings import FinetuneSettings
from tests.training.small_runs import SETTINGS, train


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


@pytest.mark.slow
def test_xla_trains_the_same_weights(data, tmp_path, text_config, small_vocabulary):
    same = dataclasses.replace(SETTINGS, max_steps=3, static_shapes=True)
    weights = []
    for xla in (True, False):
        settings = dataclasses.replace(same, xla=xla)
        train(data, tmp_path / str(xla), text_config, small_vocabulary, settings)
        weights.append(RemBertForSequenceClassification.from_pretrained(tmp_path / str(xla) / "last").variables)
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-5)


def test_xla_is_refused_where_several_devices_train(monkeypatch, data, tmp_path, text_config, small_vocabulary):
    import tensorflow as tf

    from rembert_tf.training import finetune
    from rembert_tf.training.distribution import Place

    monkeypatch.setattr(finetune, "current_place", lambda: Place(tf.distribute.MirroredStrategy(["CPU:0"])))
    with pytest.raises(InputError, match="xla must not be True where several devices"):
        train(data, tmp_path / "run", text_config, small_vocabulary, dataclasses.replace(SETTINGS, xla=True))
