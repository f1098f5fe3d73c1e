"""An export proves itself in a fresh process before it is published, and says what it is."""

import pytest
import tensorflow as tf

from rembert_tf import RemBertForMultipleChoice, RemBertForSequenceClassification
from rembert_tf.serving import export_saved_model
from rembert_tf.serving.options import NoOptions
from rembert_tf.serving.sample_requests import check_requests
from rembert_tf.serving.self_check import ExportError, check_export
from rembert_tf.serving.signatures.multiple_choice import MultipleChoiceSignatures
from rembert_tf.serving.signatures.sequence_classification import SequenceClassificationSignatures


def module_of(config, tokenizer):
    return SequenceClassificationSignatures(
        RemBertForSequenceClassification(config), tokenizer, 24, NoOptions(), labels=["news", "天气", "sport"]
    )


@pytest.fixture(scope="module")
def module(text_config, small_tokenizer):
    return module_of(text_config, small_tokenizer)


@pytest.fixture(scope="module")
def saved(module, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "1"
    tf.saved_model.save(module, str(path), signatures=module.signatures())
    return path


def test_answers_of_another_model_are_found(saved, text_config, small_tokenizer):
    other = module_of(text_config, small_tokenizer)
    signatures = other.signatures()
    with pytest.raises(ExportError, match="the export's serving_default returns another"):
        check_export(saved, signatures, check_requests(other, signatures))


def test_what_does_not_load_is_found(module, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    signatures = module.signatures()
    with pytest.raises(ExportError, match="does not answer in a fresh process: "):
        check_export(tmp_path, signatures, check_requests(module, signatures))


def test_choices_have_requests_too(text_config, small_tokenizer):
    """Their inputs are no texts, of which examples for `classify` could be made."""
    model = RemBertForMultipleChoice(text_config)
    module = MultipleChoiceSignatures(model, small_tokenizer, 24, NoOptions())
    signatures = module.signatures()
    for name, inputs in check_requests(module, signatures):
        outputs = signatures[name](**{key: tf.constant(values) for key, values in inputs.items()})
        assert all(len(output) == len(inputs[key]) for key in inputs for output in outputs.values())


def test_a_failed_check_leaves_nothing(module, small_tokenizer, tmp_path, monkeypatch):
    def fail(*arguments):
        raise ExportError("it differs")

    monkeypatch.setattr("rembert_tf.serving.export.check_export", fail)
    with pytest.raises(ExportError, match="it differs"):
        export_saved_model(module.model, small_tokenizer, tmp_path, max_length=24)
    assert list(tmp_path.iterdir()) == []


def test_labels_vocabulary_and_card_lie_beside_the_graph(module, small_tokenizer, small_vocabulary, tmp_path):
    labels = ["news", "天气", "sport"]
    path = export_saved_model(module.model, small_tokenizer, tmp_path, max_length=24, labels=labels, warmup=False)
    assert (path / "assets" / "labels.txt").read_text(encoding="utf-8").splitlines() == labels
    with open(small_vocabulary, "rb") as file:
        assert (path / "assets" / "sentencepiece.model").read_bytes() == file.read()
    card = (path / "assets.extra" / "model_card.md").read_text(encoding="utf-8")
    for said in (
        "RemBertForSequenceClassification",
        "天气",
        "`serving_default`",
        "`text` string [B]",
        "[B, 3]",
        "curl",
    ):
        assert said in card
