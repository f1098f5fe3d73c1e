"""Evaluating a model's directory on files: the model's own numbers, and what cannot be done in a sentence."""

import numpy as np
import pytest

from rembert_tf import RemBertForSequenceClassification, RemBertModel
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tasks import evaluation
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.evaluation import evaluate

CSV = {"dev-en.csv": "text,label\na cat,animal\n<b>red</b>,colour\n", "dev-de.csv": "text,label\nrot,colour\n"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, text_config, small_tokenizer):
    """A folder with files, a classifier's directory and an encoder's."""
    folder = tmp_path_factory.mktemp("models")
    for name, content in CSV.items():
        (folder / name).write_text(content)
    config = text_config.replace(num_hidden_layers=1, id2label={0: "animal", 1: "colour"})
    for name, model in (("head", RemBertForSequenceClassification(config)), ("encoder", RemBertModel(config))):
        small_tokenizer.save_pretrained(folder / name)
        model.save_pretrained(folder / name)
    return folder


def test_a_directory_is_evaluated_as_its_model_called_by_hand(folder, small_tokenizer):
    found = evaluate(CsvTask(), folder / "head", [folder / name for name in CSV])
    model = RemBertForSequenceClassification.from_pretrained(folder / "head")
    texts = {"en": ["a cat", "<b>red</b>"], "de": ["rot"]}
    for language, part in found.parts.items():
        logits = [np.asarray(model(small_tokenizer([text], padding=True)))[0] for text in texts[language]]
        shares = [np.exp(row) / np.exp(row).sum() for row in logits]
        said = [list(prediction["probabilities"].values()) for prediction in part.predictions]
        np.testing.assert_allclose(said, shares, atol=2e-6)


@pytest.mark.parametrize(
    ("model", "file", "more", "message"),
    [
        ("encoder", "dev-en.csv", {}, "encoder' has no head for RemBertForSequenceClassification: fine-tune it first"),
        ("nowhere", "dev-en.csv", {}, "no model directory"),
        ("head", "dev-en.csv", {"max_length": 999}, "max_length is 999, but the model has 64 positions"),
    ],
)
def test_what_cannot_be_evaluated_is_told_in_a_sentence(folder, model, file, more, message):
    with pytest.raises(InputError, match=message):
        evaluate(CsvTask(), folder / model, [folder / file], **more)


def test_a_missing_file_is_told_before_the_model_is_loaded(folder, monkeypatch):
    def never(*arguments):
        raise AssertionError("loaded")

    monkeypatch.setattr(evaluation, "load_task_model", never)
    with pytest.raises(MissingFileError, match="nowhere.csv"):
        evaluate(CsvTask(), folder / "head", [folder / "dev-en.csv", folder / "nowhere.csv"])
