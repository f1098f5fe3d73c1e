"""Larger models from smaller ones: equal outputs where that is claimed, and every row where it belongs."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

import rembert_tf
from rembert_tf import RemBertConfig, RemBertTokenizer
from rembert_tf.checkpoints_tools.surgery.grown_axes import grown_axes
from rembert_tf.checkpoints_tools.surgery.warm_start import warm_start
from rembert_tf.cli import main
from rembert_tf.errors import InputError
from tests.checkpoints_tools.surgery.directories import digests, vocabulary

IDS = np.arange(24).reshape(2, 12) % 50
HEADS = {
    "RemBertModel": {},
    "RemBertForSequenceClassification": {},
    "RemBertForTokenClassification": {},
    "RemBertForQuestionAnswering": {"num_labels": 2},
    "RemBertForMultipleChoice": {},
    "RemBertForMaskedLM": {},
    "RemBertForCausalLM": {"is_decoder": True},
}
WIDER = {
    "hidden_size": 36,
    "num_attention_heads": 9,
    "intermediate_size": 33,
    "input_embedding_size": 16,
    "output_embedding_size": 30,
    "max_position_embeddings": 80,
    "type_vocab_size": 3,
}


def outputs(directory, name):
    ids = np.stack([IDS, IDS[::-1]], axis=1) if name == "RemBertForMultipleChoice" else IDS
    model = getattr(rembert_tf, name).from_pretrained(directory)
    found = model({"input_ids": ids, "token_type_ids": ids % 2, "attention_mask": np.minimum(ids + 1, 1)})
    return list(found.values()) if isinstance(found, dict) else [found]


@pytest.mark.parametrize("name", HEADS)
def test_wider_in_everything_computes_the_same(name, make_directory, tmp_path):
    directory = make_directory(name, pieces=None, **HEADS[name])
    before = digests(directory)
    config = RemBertConfig.from_pretrained(directory)
    found = warm_start(directory, tmp_path / "out", config.replace(**WIDER))
    assert digests(directory) == before
    assert found.reasons == [] and found.largest_difference < 1e-5
    written = RemBertConfig.from_pretrained(tmp_path / "out")
    assert {field: getattr(written, field) for field in WIDER} == WIDER
    assert written.extra["architectures"] == [name]
    assert found.sizes["hidden_size"] == (12, 36) and found.parameters[1] > 3 * found.parameters[0]
    for ours, theirs in zip(outputs(tmp_path / "out", name), outputs(directory, name), strict=True):
        theirs = np.concatenate([theirs] * 3, axis=-1) if name == "RemBertModel" else theirs
        np.testing.assert_allclose(ours, theirs, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("field", ["hidden_size", "input_embedding_size", "output_embedding_size"])
def test_a_width_that_is_no_multiple_changes_the_outputs_and_says_so(field, make_directory, tmp_path):
    directory = make_directory(pieces=None)
    config = RemBertConfig.from_pretrained(directory)
    changes = {field: getattr(config, field) + 4, **({"num_attention_heads": 4} if field == "hidden_size" else {})}
    found = warm_start(directory, tmp_path / "out", config.replace(**changes))
    assert found.reasons == [f"{field} is no multiple, so LayerNorm sees other means"]
    assert found.largest_difference is None
    [ours], [theirs] = (outputs(place, "RemBertForMaskedLM") for place in (tmp_path / "out", directory))
    assert np.abs(ours - theirs).max() > 1e-3


def test_copies_can_learn_different_things(make_directory, tmp_path):
    """Their outgoing weights differ, and sum to the source's."""
    directory = make_directory(pieces=None)
    config = RemBertConfig.from_pretrained(directory)
    warm_start(directory, tmp_path / "out", config.replace(intermediate_size=40))
    small, large = (load_file(place / "model.safetensors") for place in (directory, tmp_path / "out"))
    name = "rembert.encoder.layer.0.output.dense.weight"
    halves = large[name][:, :20], large[name][:, 20:]
    np.testing.assert_allclose(halves[0] + halves[1], small[name], atol=1e-6)
    assert (np.abs(halves[0] - halves[1]) > 1e-4).mean() > 0.9


@pytest.mark.parametrize("layers", [1, 5])
def test_blocks_repeat_the_stack(layers, make_directory, tmp_path):
    directory = make_directory("RemBertForSequenceClassification", pieces=None)
    found = warm_start(directory, tmp_path / "out", layers=layers)
    assert found.blocks == [0, 1, 0, 1, 0][:layers] and found.reasons == [f"{layers} blocks instead of 2"]
    small, large = (load_file(place / "model.safetensors") for place in (directory, tmp_path / "out"))
    for name, array in large.items():
        start, _, rest = name.partition("encoder.layer.")
        number, _, last = rest.partition(".")
        source = f"{start}encoder.layer.{int(number) % 2}.{last}" if rest else name
        np.testing.assert_array_equal(array, small[source], err_msg=name)
    model = rembert_tf.RemBertForSequenceClassification.from_pretrained(tmp_path / "out")
    assert model.config.num_hidden_layers == layers


def test_the_same_sizes_are_the_same_weights(make_directory, tmp_path):
    directory = make_directory()
    found = warm_start(directory, tmp_path / "out", RemBertConfig.from_pretrained(directory))
    assert found.sizes == {} and found.largest_difference == 0.0
    small, large = (load_file(place / "model.safetensors") for place in (directory, tmp_path / "out"))
    for name, array in large.items():
        np.testing.assert_array_equal(array, small[name])
    assert (tmp_path / "out/sentencepiece.model").is_file()


def test_vocabulary_width_and_depth_at_once(make_directory, tmp_path):
    directory = make_directory(pieces="oss_1k")
    file = tmp_path / "other.model"
    file.write_bytes(vocabulary("bpe"))
    config = RemBertConfig.from_pretrained(directory).replace(**WIDER, num_hidden_layers=3)
    found = warm_start(directory, tmp_path / "out", config, sentencepiece=file, max_shard_size=30000)
    assert found.reasons == ["3 blocks instead of 2", "another vocabulary"]
    model = rembert_tf.RemBertForMaskedLM.from_pretrained(tmp_path / "out")
    tokenizer = RemBertTokenizer.from_pretrained(tmp_path / "out")
    assert model.count_params() == found.parameters[1]
    assert np.isfinite(model({"input_ids": np.array([tokenizer.encode("a text")])})).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": 24}, "makes heads of 8, and the source has heads of 4"),
        ({"hidden_size": 8, "num_attention_heads": 2}, "hidden_size would shrink from 12 to 8"),
        ({"intermediate_size": 19}, "intermediate_size would shrink from 20 to 19"),
        ({"input_embedding_size": 4}, "input_embedding_size would shrink from 8 to 4"),
        ({"hidden_act": "gelu_new"}, "hidden_act is 'gelu_new' in the configuration and 'gelu' in the source"),
        ({"is_decoder": True, "add_cross_attention": True}, "add_cross_attention is True"),
    ],
)
def test_refused_sizes_leave_nothing(changes, message, make_directory, tmp_path):
    directory = make_directory(pieces=None)
    config = RemBertConfig.from_pretrained(directory)
    with pytest.raises(InputError, match=message):
        warm_start(directory, tmp_path / "out", config.replace(**changes))
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".*"))


def test_an_encoder_gets_an_output_table_of_its_own(make_directory, tmp_path):
    """Its parts sum to the input table, as if that were used both ways; the encoder stays."""
    directory = make_directory("RemBertModel")
    config = RemBertConfig.from_pretrained(directory).replace(output_embedding_size=19)
    found = warm_start(directory, tmp_path / "out", config, lm_head=True)
    assert found.reasons == [] and found.largest_difference == 0.0
    model = rembert_tf.RemBertForMaskedLM.from_pretrained(tmp_path / "out")
    assert model.config.extra["architectures"] == ["RemBertForMaskedLM"]
    words, output = (
        layer.embeddings.numpy() for layer in (model.rembert.embeddings.word_embeddings, model.lm_head.decoder)
    )
    summed = output[:, :8] + output[:, 8:16] + np.pad(output[:, 16:], [(0, 0), (0, 5)])
    np.testing.assert_allclose(summed, words, atol=1e-6)
    assert not model.lm_head.decoder.bias.numpy().any() and model.lm_head.dense.kernel.numpy().std() > 0.01
    assert (model.lm_head.layer_norm.gamma.numpy() == 1).all() and not model.lm_head.layer_norm.beta.numpy().any()


@pytest.mark.parametrize("name", ["RemBertForMaskedLM", "RemBertForSequenceClassification"])
def test_a_model_with_a_head_gets_no_other(name, make_directory, tmp_path):
    with pytest.raises(InputError, match=f"is a {name}: a language model head is added to a bare encoder"):
        warm_start(make_directory(name, pieces=None), tmp_path / "out", lm_head=True)


def test_fewer_positions_are_the_first_ones(make_directory, tmp_path):
    directory = make_directory(pieces=None)
    config = RemBertConfig.from_pretrained(directory).replace(max_position_embeddings=20)
    found = warm_start(directory, tmp_path / "out", config)
    assert found.reasons == ["fewer rows of max_position_embeddings"]
    small, large = (load_file(place / "model.safetensors") for place in (directory, tmp_path / "out"))
    name = "rembert.embeddings.position_embeddings.weight"
    np.testing.assert_array_equal(large[name], small[name][:20])


def test_shares_of_copies_sum_to_one(small_config):
    axes = grown_axes(small_config, small_config.replace(hidden_size=32, num_attention_heads=8), seed=3)
    axis = axes["hidden_size"]
    np.testing.assert_allclose(np.bincount(axis.sources, weights=axis.shares), 1, atol=1e-6)
    alone = axis.sources >= 8  # 32 = 2 * 12 + 8: the first eight are there three times
    assert np.bincount(axis.sources).tolist() == [3] * 8 + [2] * 4 and alone.any()


def test_the_command(make_directory, tmp_path, capsys):
    directory = make_directory()
    config = RemBertConfig.from_pretrained(directory).replace(hidden_size=24, num_attention_heads=6)
    config.save_pretrained(tmp_path / "wanted")
    place = tmp_path / "out"
    assert main.run(["warm-start", str(directory), str(place), "--config", str(tmp_path / "wanted")]) == 0
    printed = capsys.readouterr().out
    assert "it computes what the source does" in printed and f"written to {place}" in printed
    assert main.run(["warm-start", str(directory), str(tmp_path / "deep"), "--layers", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["blocks"] == [0, 1, 0]
    assert main.run(["warm-start", str(directory), str(tmp_path / "no")]) == 2
    assert "nothing is to change" in capsys.readouterr().err
