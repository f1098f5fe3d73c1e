"""BLEURT's folders become regression models that give the SavedModel's own scores."""

import hashlib
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForSequenceClassification, RemBertTokenizer, RemBertTokenizerFast
from rembert_tf.checkpoints_tools import convert
from rembert_tf.checkpoints_tools.formats import bleurt, google
from rembert_tf.checkpoints_tools.recognise import recognise
from tests.checkpoints_tools.bleurt_folder import (
    CONFIG,
    HARD_PAIRS,
    PAIRS,
    change_settings,
    encode,
    random_variables,
    vocabulary,
    write_bleurt,
)
from tests.golden import assert_close, fixture
from tests.tokenization.small_models import trained_model

ACTIVATIONS = ["gelu", "gelu_new"]
SCORES = 1e-5


@pytest.fixture(scope="module")
def model():
    return vocabulary()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, model):
    """A folder that no test changes."""
    return write_bleurt(tmp_path_factory.mktemp("bleurt") / "BLEURT-test", model=model)


@pytest.fixture
def copied(folder, tmp_path):
    """A copy of `folder` to damage."""
    shutil.copytree(folder.path, tmp_path / "copy")
    return tmp_path / "copy"


def scores(directory, rows):
    """Returns a converted model's scores of rows of (ids, mask, segments)."""
    names = ("input_ids", "attention_mask", "token_type_ids")
    loaded = RemBertForSequenceClassification.from_pretrained(directory)
    return loaded.predict_on_batch({name: np.asarray(x, "int32") for name, x in zip(names, rows, strict=True)})[:, 0]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_scores_are_those_of_the_saved_model(activation, tmp_path, model):
    source = write_bleurt(tmp_path / "source", activation=activation, model=model)
    report = convert(source.path, tmp_path / "out")
    assert (report.source_format, report.architecture) == ("bleurt", "RemBertForSequenceClassification")
    assert report.config["hidden_act"] == activation
    tokenizer = RemBertTokenizer.from_pretrained(tmp_path / "out")
    processor = tokenizer.vocabulary.processor
    rows = np.transpose([encode(processor, *pair, source.max_seq_length) for pair in PAIRS + HARD_PAIRS], (1, 0, 2))
    expected = source.predictions(*rows)
    assert np.ptp(expected) > 0.5  # random weights, yet scores that differ
    assert_close(f"BLEURT, {activation}: score", scores(tmp_path / "out", rows), expected, SCORES)


def test_the_two_forms_of_gelu_are_told_apart(tmp_path, folder):
    convert(folder.path, tmp_path / "tanh")
    convert(folder.path, tmp_path / "erf", hidden_act="gelu")
    rows = np.transpose([encode(_processor(folder), *pair, folder.max_seq_length) for pair in PAIRS], (1, 0, 2))
    expected = folder.predictions(*rows)
    assert np.abs(scores(tmp_path / "tanh", rows) - expected).max() < SCORES
    assert np.abs(scores(tmp_path / "erf", rows) - expected).max() > 5 * SCORES


def _processor(folder):
    return RemBertTokenizer(str(folder.path / "sent_piece.model")).vocabulary.processor


@pytest.mark.skipif(fixture("google_tf1/bleurt_style") is None, reason="the folder shared/fixtures is not there")
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_scores_are_the_recorded_ones(activation, tmp_path, model):
    checkpoint = fixture("google_tf1/bleurt_style")
    config = json.loads((checkpoint / "bert_config.json").read_text())
    reader = tf.train.load_checkpoint(str(checkpoint / "model.ckpt-42"))
    variables = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    source = write_bleurt(tmp_path / "source", variables, config, activation, max_seq_length=64, model=model)
    convert(source.path, tmp_path / "out")
    recorded = np.load(fixture("google_tf1/expected.npz"))
    rows = [recorded[f"in/{name}"] for name in ("input_ids", "attention_mask", "token_type_ids")]
    expected = recorded[f"{activation}/bleurt_score"]
    assert_close(f"BLEURT, {activation}: SavedModel against the record", source.predictions(*rows), expected, SCORES)
    assert_close(f"BLEURT, {activation}: recorded score", scores(tmp_path / "out", rows), expected, SCORES)


def test_every_variable_is_converted_or_named(tmp_path, model):
    variables = random_variables()
    slots = {f"{name}/{slot}": variables[name] for name in ("dense/kernel", "bert/pooler/dense/bias")
             for slot in ("adam_m", "adam_v")}  # fmt: skip
    source = write_bleurt(tmp_path / "source", {**variables, **slots}, model=model)
    report = convert(source.path, tmp_path / "out")
    skipped = {item.name: item.reason for item in report.skipped}
    assert {item.source for item in report.converted} | skipped.keys() == variables.keys() | slots.keys()
    assert skipped.keys() == {"global_step", *slots}
    assert {skipped[name] for name in slots} == {"optimizer slot"}
    loaded = RemBertForSequenceClassification.from_pretrained(tmp_path / "out")
    np.testing.assert_array_equal(loaded.classifier.kernel.numpy(), variables["dense/kernel"])
    np.testing.assert_array_equal(loaded.classifier.bias.numpy(), variables["dense/bias"])
    np.testing.assert_array_equal(loaded.rembert.pooler.kernel.numpy(), variables["bert/pooler/dense/kernel"])


def test_the_result_says_what_the_folder_said(tmp_path, folder):
    before = hashes(folder.path)
    report = convert(folder.path, tmp_path / "out")
    assert hashes(folder.path) == before
    config = json.loads((tmp_path / "out/config.json").read_text())
    assert (config["problem_type"], config["id2label"]) == ("regression", {"0": "LABEL_0"})
    assert config["classifier_dropout_prob"] == 0.0
    assert (config["pad_token_id"], config["bos_token_id"], config["eos_token_id"]) == (0, 312, 313)
    assert config["input_embedding_size"] == CONFIG["embedding_size"]
    assert any("saved_model.pb" in sentence and "gelu_new" in sentence for sentence in report.decisions)
    for engine in (RemBertTokenizer, RemBertTokenizerFast):
        tokenizer = engine.from_pretrained(tmp_path / "out")
        assert tokenizer.model_max_length == folder.max_seq_length
        assert tokenizer.do_lower_case is False


def hashes(path):
    return {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in path.rglob("*") if file.is_file()}


def test_other_sizes_are_read_from_the_folder(tmp_path, model):
    config = {**CONFIG, "hidden_size": 24, "num_attention_heads": 6, "embedding_size": 10, "intermediate_size": 40}
    config |= {"num_hidden_layers": 3, "vocab_size": 760, "max_position_embeddings": 30}
    source = write_bleurt(tmp_path / "source", None, config, max_seq_length=29, model=model)
    report = convert(source.path, tmp_path / "out")
    assert not report.warnings
    rows = np.transpose([encode(_processor(source), *pair, 29) for pair in PAIRS + HARD_PAIRS], (1, 0, 2))
    assert_close("BLEURT, other sizes: score", scores(tmp_path / "out", rows), source.predictions(*rows), SCORES)


def test_without_a_graph_bleurts_own_code_decides(tmp_path, copied):
    (copied / "saved_model.pb").unlink()
    report = convert(copied, tmp_path / "out")
    assert report.config["hidden_act"] == "gelu_new"
    assert any("no graph" in sentence for sentence in report.decisions)
    assert convert(copied, tmp_path / "erf", hidden_act="gelu").config["hidden_act"] == "gelu"


@pytest.mark.parametrize("said", [None, False, True])
def test_bleurt_never_lowers_case_beside_a_sentencepiece_model(said, tmp_path, copied):
    change_settings(copied, do_lower_case=said)
    report = convert(copied, tmp_path / "out")
    assert RemBertTokenizer.from_pretrained(tmp_path / "out").do_lower_case is False
    assert any("do_lower_case" in sentence for sentence in report.decisions) is bool(said)


def test_a_folder_without_settings_is_known_by_its_weights(tmp_path, copied):
    (copied / "bleurt_config.json").unlink()
    report = convert(copied, tmp_path / "out")
    assert report.source_format == "bleurt"
    assert any("max_seq_length" in sentence for sentence in report.decisions)
    assert RemBertTokenizer.from_pretrained(tmp_path / "out").model_max_length == CONFIG["max_position_embeddings"]


def test_files_may_lie_elsewhere(tmp_path, copied):
    for name, new in (("bert_config.json", "a.json"), ("sent_piece.model", "b.model")):
        (copied / name).rename(tmp_path / new)
    convert(copied, tmp_path / "out", config=tmp_path / "a.json", sentencepiece=tmp_path / "b.model")
    assert RemBertTokenizer.from_pretrained(tmp_path / "out").cls_token_id == 312


def test_what_is_a_bleurt_and_what_is_not(tmp_path, folder, copied):
    assert recognise(folder.path) == "bleurt"
    assert not google.looks_like(folder.path)
    for name in ("saved_model.pb", "bleurt_config.json"):
        (copied / name).unlink()
    assert not bleurt.looks_like(copied)
    assert not bleurt.looks_like(tmp_path)
    assert not bleurt.looks_like(tmp_path / "nowhere")


def test_the_vocabulary_needs_no_mask_and_no_padding(tmp_path):
    bare = trained_model(vocab_size=300, control_symbols=["[CLS]", "[SEP]"], pad_id=-1)
    size = RemBertTokenizer(bare).vocab_size
    source = write_bleurt(tmp_path / "source", None, {**CONFIG, "vocab_size": size}, model=bare)
    report = convert(source.path, tmp_path / "out")
    tokenizer = RemBertTokenizerFast.from_pretrained(tmp_path / "out")
    assert len(tokenizer) == size
    assert sum("stands for it" in sentence for sentence in report.warnings) == 2
    references, candidates = zip(*PAIRS, strict=True)
    loaded = RemBertForSequenceClassification.from_pretrained(tmp_path / "out")
    ours = loaded(tokenizer(list(references), list(candidates), padding=True, truncation=True))[:, 0]
    assert_close("BLEURT, no [MASK]: score", ours, source.scores(references, candidates), SCORES)
