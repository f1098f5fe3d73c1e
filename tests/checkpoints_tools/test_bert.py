"""Directories of the BERT family become RemBERTs that compute the same; what else there is gets a clear refusal."""

import h5py
import numpy as np
import pytest
from safetensors.numpy import load_file

from rembert_tf import RemBertForMaskedLM, RemBertModel
from rembert_tf.checkpoints_tools.conversion import convert
from rembert_tf.checkpoints_tools.formats import bert
from rembert_tf.checkpoints_tools.formats.bert_names import table_name
from rembert_tf.checkpoints_tools.source import Request
from tests.checkpoints_tools.bert_peer import (
    CONFIG,
    ROBERTA,
    NumpyBert,
    random_weights,
    with_prefix,
    write_directory,
)
from tests.golden import LOGITS, STATES, assert_close
from tests.weights import h5_writer, torch_writer

MASK = (np.arange(9) < np.array([[9], [4], [7]])).astype("int32")


def inputs_of(config, seed=1):
    """Returns texts padded on the right, with two kinds of segments."""
    random = np.random.default_rng(seed)
    ids = np.where(MASK, random.integers(4, config["vocab_size"], MASK.shape), config["pad_token_id"])
    types = random.integers(0, 2, MASK.shape)
    return {"input_ids": ids, "attention_mask": MASK, "token_type_ids": types}


def real(states):
    """Returns the states of the tokens that are no padding."""
    return np.asarray(states)[MASK == 1]


def changed(config, **changes):
    return {**config, **changes}


def without(config, *names):
    return {name: value for name, value in config.items() if name not in names}


CASES = {
    "bert": (CONFIG, ""),
    "bert with prefix": (CONFIG, "bert."),
    "bert gelu_new": (changed(CONFIG, hidden_act="gelu_new"), "bert."),
    "bert relu": (changed(CONFIG, hidden_act="relu", layer_norm_eps=1e-5), ""),
    "no model_type": (without(CONFIG, "model_type"), "bert."),
    "electra": (changed(CONFIG, model_type="electra", embedding_size=12), "electra."),
    "roberta": (changed(ROBERTA, model_type="roberta"), "roberta."),
    "xlm-roberta": (ROBERTA, ""),
    "camembert": (changed(ROBERTA, model_type="camembert"), "roberta."),
}


@pytest.mark.parametrize("name", CASES)
def test_outputs(name, tmp_path):
    config, prefix = CASES[name]
    weights = random_weights(config)
    source = write_directory(tmp_path / "source", config, with_prefix(weights, prefix))
    # Of the peer's two ways to count positions, ELECTRA's is BERT's.
    kind = config.get("model_type", "bert").replace("electra", "bert")
    peer = NumpyBert({**config, "model_type": kind}, weights)
    convert(source, tmp_path / "out", source="bert", verify=name == "bert")
    inputs = inputs_of(config)
    states = peer(**inputs)
    ours = RemBertModel.from_pretrained(tmp_path / "out")(inputs)
    assert_close(f"bert family: {name}", real(ours["last_hidden_state"]), real(states), STATES)
    assert_close(f"bert family: {name}, pooler", ours["pooler_output"], peer.pooled(states), STATES)


@pytest.mark.parametrize("tied", [True, False])
def test_language_model_head_of_bert(tied, tmp_path):
    weights = random_weights(CONFIG, head=True)
    stored = with_prefix(weights, "bert.")
    table = weights["embeddings.word_embeddings.weight"]
    if not tied:
        table = table[::-1].copy()
    stored["cls.predictions.decoder.weight"] = table
    stored["cls.predictions.decoder.bias"] = weights["cls.predictions.bias"]
    config = CONFIG if tied else changed(CONFIG, tie_word_embeddings=False)
    source = write_directory(tmp_path / "source", config, stored)
    report = convert(source, tmp_path / "out", source="bert")
    assert report.architecture == "RemBertForMaskedLM"
    peer, inputs = NumpyBert(CONFIG, weights), inputs_of(CONFIG)
    states = peer(**inputs)
    peer.weights["embeddings.word_embeddings.weight"] = table.astype("float64")  # what the head compares with
    ours = RemBertForMaskedLM.from_pretrained(tmp_path / "out")(inputs)
    assert_close("bert family: masked LM logits", real(ours), real(peer.logits(states)), LOGITS)
    assert "pooler.dense.weight" in "".join(load_file(tmp_path / "out" / "model.safetensors"))


def test_language_model_head_of_roberta(tmp_path):
    weights = random_weights(ROBERTA, head=True, pooler=False)
    spelled = {"cls.predictions.transform.LayerNorm": "lm_head.layer_norm", "cls.predictions.transform": "lm_head"}
    stored = {}
    for name, array in weights.items():
        for theirs, roberta in spelled.items():
            name = name.replace(theirs, roberta)
        name = name.replace("cls.predictions.bias", "lm_head.bias")
        stored[name if name.startswith("lm_head") else f"roberta.{name}"] = array
    source = write_directory(tmp_path / "source", ROBERTA, stored)
    convert(source, tmp_path / "out", source="bert")
    peer, inputs = NumpyBert(ROBERTA, weights), inputs_of(ROBERTA)
    ours = RemBertForMaskedLM.from_pretrained(tmp_path / "out")(inputs)
    assert_close("bert family: roberta logits", real(ours), real(peer.logits(peer(**inputs))), LOGITS)


def test_a_roberta_head_with_another_activation_is_left_out(tmp_path):
    config = changed(ROBERTA, hidden_act="relu")
    weights = with_prefix(random_weights(config, head=True), "roberta.")
    with bert.open_source(write_directory(tmp_path / "source", config, weights), Request()) as source:
        assert source.architecture == "RemBertModel"
        assert any("its activation is gelu" in sentence for sentence in source.warnings)


def write_old_bin(directory, arrays):
    renamed = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): array
        for name, array in arrays.items()
    }
    torch_writer.save(directory / "pytorch_model.bin", renamed)


def write_h5(directory, arrays):
    h5_writer.save(directory / "tf_model.h5", arrays, "tf_rem_bert_for_masked_lm")
    with h5py.File(directory / "tf_model.h5", "r+") as file:
        file.move("rembert/tf_rem_bert_for_masked_lm/rembert", "bert/tf_bert_for_masked_lm/bert")
        file.move("mlm___cls/tf_rem_bert_for_masked_lm", "mlm___cls/tf_bert_for_masked_lm")
        file.attrs["layer_names"] = [b"bert", b"mlm___cls"]


@pytest.mark.parametrize("write", [write_old_bin, write_h5])
def test_flavours(write, tmp_path):
    weights = random_weights(CONFIG, head=True)
    plain = write_directory(tmp_path / "plain", CONFIG, with_prefix(weights, "bert."))
    other = write_directory(tmp_path / "other", CONFIG, weights)
    (other / "model.safetensors").unlink()
    write(other, {name: array for name, array in weights.items()})
    convert(plain, tmp_path / "out1", source="bert")
    convert(other, tmp_path / "out2", source="bert")
    first, second = (load_file(tmp_path / name / "model.safetensors") for name in ("out1", "out2"))
    assert first.keys() == second.keys() and len(first) == 47
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name], name)


NAMES = {
    "roberta/tf_xlm_roberta_model/roberta/encoder/layer_._11/attention/self/query/kernel:0": (
        "encoder.layer.11.attention.self.query.weight"
    ),
    "bert/tf_bert_model/bert/embeddings/word_embeddings/weight:0": "embeddings.word_embeddings.weight",
    "tf_bert_model/bert/embeddings/position_embeddings/embeddings:0": "embeddings.position_embeddings.weight",
    "lm_head/tf_roberta_for_masked_lm/lm_head/dense/kernel:0": "cls.predictions.dense.weight",
    "lm_head/tf_roberta_for_masked_lm/lm_head/layer_norm/gamma:0": "cls.predictions.LayerNorm.weight",
    "lm_head/tf_roberta_for_masked_lm/lm_head/bias:0": "cls.predictions.decoder.bias",
    "bert.encoder.layer.0.attention.output.LayerNorm.gamma": "encoder.layer.0.attention.output.LayerNorm.weight",
    "cls.predictions.transform.LayerNorm.beta": "cls.predictions.LayerNorm.bias",
    "lm_head.decoder.weight": "cls.predictions.decoder.weight",
    "roberta.pooler.dense.bias": "pooler.dense.bias",
    "cls.seq_relationship.bias": "cls.seq_relationship.bias",
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    assert table_name(name) == NAMES[name]


def test_everything_else_is_named_with_a_reason(tmp_path):
    weights = with_prefix(random_weights(CONFIG), "bert.")
    weights["bert.embeddings.position_ids"] = np.arange(16)[None]
    weights["cls.seq_relationship.weight"] = np.ones((2, 12), "float32")
    weights["classifier.bias"] = np.ones(3, "float32")
    with bert.open_source(write_directory(tmp_path / "source", CONFIG, weights), Request()) as source:
        assert source.architecture == "RemBertModel"
        assert [(item.name, item.shape) for item in sorted(source.skipped, key=lambda item: item.name)] == [
            ("bert.embeddings.position_ids", (1, 16)),
            ("classifier.bias", (3,)),
            ("cls.seq_relationship.weight", (2, 12)),
        ]
        assert all(item.reason for item in source.skipped)
        read = {tensor.origin for tensor in source.tensors}
    assert read == {*weights} - {item.name for item in source.skipped} | {"the identity", "zeros"}


def test_configuration(tmp_path):
    config = changed(ROBERTA, classifier_dropout=0.5, bos_token_id=0, eos_token_id=2, initializer_range=0.5)
    with bert.open_source(write_directory(tmp_path / "source", config, random_weights(config)), Request()) as source:
        ours = source.config
        told = " ".join(source.decisions)
    assert (ours.input_embedding_size, ours.hidden_size, ours.output_embedding_size) == (12, 12, 12)
    assert (ours.max_position_embeddings, ours.type_vocab_size) == (16, 2)
    assert (ours.hidden_dropout_prob, ours.attention_probs_dropout_prob) == (0.25, 0.125)
    assert (ours.classifier_dropout_prob, ours.initializer_range, ours.layer_norm_eps) == (0.5, 0.5, 1e-5)
    assert (ours.pad_token_id, ours.bos_token_id, ours.eos_token_id) == (1, 0, 2)
    assert "first 2 rows of the position table" in told and "token type is repeated" in told


def test_second_texts_mean_the_same_where_there_was_one_type(tmp_path):
    source = write_directory(tmp_path / "source", ROBERTA, random_weights(ROBERTA))
    convert(source, tmp_path / "out", source="bert")
    types = load_file(tmp_path / "out" / "model.safetensors")["embeddings.token_type_embeddings.weight"]
    assert types.shape == (2, 12)
    np.testing.assert_array_equal(types[0], types[1])


def test_the_user_may_say_which_gelu(tmp_path):
    source = write_directory(tmp_path / "source", CONFIG, random_weights(CONFIG))
    with bert.open_source(source, Request(hidden_act="gelu_new")) as opened:
        assert opened.config.hidden_act == "gelu_new"


def test_it_is_recognised(tmp_path):
    source = write_directory(tmp_path / "source", CONFIG, random_weights(CONFIG))
    assert bert.looks_like(source)
    assert bert.looks_like(write_directory(tmp_path / "other", {"model_type": "mpnet"}, random_weights(CONFIG)))
    assert not bert.looks_like(write_directory(tmp_path / "rembert", {"model_type": "rembert"}, random_weights(CONFIG)))
    assert not bert.looks_like(tmp_path)
    assert not bert.looks_like(tmp_path / "nothing")
