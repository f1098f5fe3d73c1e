"""Directories that look like the BERT family's and cannot become a RemBERT: each gets a clear refusal."""

import json
import shutil

import numpy as np
import pytest

from rembert_tf.checkpoints_tools.formats import bert
from rembert_tf.checkpoints_tools.source import Request
from rembert_tf.errors import InputError, MissingFileError
from tests.checkpoints_tools.bert_peer import CONFIG, random_weights, write_directory


def refusal(path, request=None):
    """Returns the message with which a source is refused."""
    with pytest.raises(InputError) as caught, bert.open_source(path, request or Request()):
        pass
    return str(caught.value)


OTHER_KINDS = {
    "an ALBERT": {"model_type": "albert"},
    "a DistilBERT": {"model_type": "distilbert"},
    "a DeBERTa": {"model_type": "deberta-v2"},
    "an XLM (not XLM-R)": {"model_type": "xlm"},
    "LayerNorms stand before": {"model_type": "roberta-prelayernorm"},
    "--from hf": {"model_type": "rembert"},
    "'gpt2'": {"model_type": "gpt2"},
    "another kind": {"model_type": ["bert"]},
    "relative positions ('relative_key')": {"position_embedding_type": "relative_key"},
    "as a decoder": {"is_decoder": True},
    "tables are 8 wide": {"model_type": "electra", "embedding_size": 8},
    "hidden_act 'mish'": {"hidden_act": "mish"},
    "hidden_act '{}'": {"hidden_act": {}},
    "vocab_size None": {"vocab_size": None},
    "num_hidden_layers 'two'": {"num_hidden_layers": "two"},
    "type_vocab_size 0": {"type_vocab_size": 0},
    "multiple of num_attention_heads": {"num_attention_heads": 5},
    "max_position_embeddings 1": {"model_type": "roberta", "pad_token_id": 1, "max_position_embeddings": 1},
    "pad_token_id": {"model_type": "roberta", "pad_token_id": "1"},
}


@pytest.mark.parametrize("words", OTHER_KINDS)
def test_other_kinds_are_named(words, tmp_path):
    source = write_directory(tmp_path / "source", {**CONFIG, **OTHER_KINDS[words]}, random_weights(CONFIG))
    message = refusal(source)
    assert words in message and str(source) in message


def test_weights_that_do_not_fit_are_all_listed(tmp_path):
    weights = random_weights(CONFIG)
    weights["encoder.layer.1.output.dense.bias"] = np.ones(13, "float32")
    del weights["encoder.layer.0.attention.self.key.weight"]
    weights["encoder.layer.0.attention.self.distance_embedding.weight"] = np.ones((3, 4), "float32")
    message = refusal(write_directory(tmp_path / "source", CONFIG, weights))
    assert "encoder.layer.0.attention.self.key.weight is missing" in message
    assert "encoder.layer.1.output.dense.bias has shape (13,) instead of (12,)" in message
    assert "encoder.layer.0.attention.self.distance_embedding.weight is unknown" in message


def test_blocks_that_the_configuration_does_not_know(tmp_path):
    source = write_directory(tmp_path / "source", {**CONFIG, "num_hidden_layers": 1}, random_weights(CONFIG))
    assert "encoder.layer.1.output.dense.weight is unknown" in refusal(source)


def test_a_weight_that_is_there_twice(tmp_path):
    weights = random_weights(CONFIG)
    weights["bert.pooler.dense.bias"] = weights["pooler.dense.bias"]
    assert "pooler.dense.bias twice" in refusal(write_directory(tmp_path / "source", CONFIG, weights))


def test_damaged_or_missing_files(tmp_path):
    source = write_directory(tmp_path / "source", CONFIG, random_weights(CONFIG))
    whole = (source / "model.safetensors").read_bytes()
    (source / "model.safetensors").write_bytes(whole[:-5])
    assert "model.safetensors" in refusal(source)
    (source / "model.safetensors").unlink()
    assert "has no weights" in refusal(source)
    (source / "model.safetensors").write_bytes(whole)
    (source / "config.json").write_text("{")
    assert "not valid JSON" in refusal(source)
    (source / "config.json").rename(tmp_path / "elsewhere.json")
    assert "no configuration" in refusal(source)
    assert "no configuration" in refusal(source, Request(config=str(tmp_path / "nowhere.json")))
    (tmp_path / "elsewhere.json").write_text(json.dumps(CONFIG))
    with bert.open_source(source, Request(config=str(tmp_path / "elsewhere.json"))) as opened:
        assert opened.config.hidden_size == 12
    shutil.rmtree(source)
    with pytest.raises(MissingFileError, match="no model directory"), bert.open_source(source, Request()):
        pass
