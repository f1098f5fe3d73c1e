"""Model Garden's checkpoints, both ways, with tf-models-official as the judge of every number."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import load_file

from rembert_tf import RemBertForMaskedLM, RemBertModel
from rembert_tf.checkpoints_tools.formats import garden, hf
from rembert_tf.checkpoints_tools.formats.object_checkpoint import ENDING, GRAPH_KEY
from rembert_tf.checkpoints_tools.formats.tf_checkpoint import CheckpointReader
from rembert_tf.checkpoints_tools.source import Request
from rembert_tf.errors import InputError
from tests.checkpoints_tools.garden_folders import bring_back, export, randomised
from tests.golden import LOGITS, STATES, assert_close, cases, model_directory

SHAPES = {
    "two layers": {},
    "one layer, one type, one head": {"num_hidden_layers": 1, "type_vocab_size": 1, "num_attention_heads": 1},
    "three layers, wide input": {"num_hidden_layers": 3, "input_embedding_size": 20, "num_attention_heads": 6},
    "tanh": {"hidden_act": "gelu_new"},
    "swish": {"hidden_act": "silu"},
}
KINDS = ("bert", "bert_v2")


@pytest.fixture(scope="module")
def peer():
    """The module around tf-models-official."""
    pytest.importorskip("official.nlp.modeling", reason="tf-models-official is not installed")
    from tests.checkpoints_tools import garden_peer

    return garden_peer


def inputs_for(vocab_size, types, length=9):
    random = np.random.default_rng(5)
    return {
        "input_ids": random.integers(0, vocab_size, (4, length)).astype("int32"),
        "attention_mask": (np.arange(length) < random.integers(2, length + 1, (4, 1))).astype("int32"),
        "token_type_ids": random.integers(0, types, (4, length)).astype("int32"),
    }


@pytest.mark.interop
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", ["base_model", "base_gelu_new"])
def test_their_encoder_equals_the_reference(peer, tmp_path, model, kind):
    """A reference model's weights, written here and restored there, give the reference's own outputs."""
    assert export(model_directory(model), tmp_path / "garden") == []
    encoder = peer.build(peer.from_yaml(tmp_path / "garden/encoder.yaml", kind), peer.ERF)
    latest = tf.train.latest_checkpoint(tmp_path / "garden")
    tf.train.Checkpoint(encoder=encoder).restore(latest).assert_existing_objects_matched().assert_consumed()
    case = next(case for case in cases("RemBertModel", "pooler_output") if str(case) == f"{model}-full")
    states, pooled = peer.outputs(encoder, case.inputs)
    assert_close(f"garden export: {model}", states, case.expected["last_hidden_state"], STATES)
    assert_close(f"garden export: {model}", pooled, case.expected["pooler_output"], STATES)


@pytest.mark.interop
def test_their_code_refuses_the_erf_form_until_it_is_told(peer, tmp_path):
    """Their `gelu` would build and be another function: the name that is written builds nothing."""
    export(model_directory("base_model"), tmp_path / "garden")
    config = peer.from_yaml(tmp_path / "garden/encoder.yaml", "bert_v2")
    with pytest.raises(ValueError, match="gelu_erf"):
        peer.build(config)
    config.bert_v2.hidden_activation = "gelu"
    encoder = peer.build(config)
    tf.train.Checkpoint(encoder=encoder).restore(str(tmp_path / "garden/ckpt-1")).assert_existing_objects_matched()
    case = next(case for case in cases("RemBertModel", "pooler_output") if str(case) == "base_model-full")
    states, _ = peer.outputs(encoder, case.inputs)
    assert np.max(np.abs(states - case.expected["last_hidden_state"])) > 5 * STATES


@pytest.mark.interop
@pytest.mark.parametrize("kind", KINDS)
def test_their_language_model_head_equals_the_reference(peer, tmp_path, kind):
    model = model_directory("masked_lm")
    assert export(model, tmp_path / "garden") == []
    with hf.open_source(model, Request()) as source:
        table = source.config.vocab_size, source.config.output_embedding_size
        garden.plan(source)
        assert any("restore with expect_partial()" in sentence for sentence in source.warnings)
    encoder = peer.build(peer.from_yaml(tmp_path / "garden/encoder.yaml", kind), peer.ERF)
    pretrainer = peer.pretrainer(encoder, table, tf.nn.gelu)
    restored = tf.train.Checkpoint(**pretrainer.checkpoint_items).restore(str(tmp_path / "garden/ckpt-1"))
    with pytest.raises(AssertionError, match="pooler"):
        restored.assert_existing_objects_matched()
    case = next(case for case in cases("RemBertForMaskedLM", "logits") if case.name == "full")
    assert_close("garden export: logits", peer.logits(pretrainer, case.inputs), case.expected["logits_f64"], LOGITS)


@pytest.mark.interop
@pytest.mark.parametrize("shape", SHAPES)
def test_their_encoder_equals_ours(peer, small_config, tmp_path, shape):
    model = randomised(RemBertModel(small_config.replace(**SHAPES[shape])))
    model.save_pretrained(tmp_path / "model")
    export(tmp_path / "model", tmp_path / "garden")
    encoder = peer.build(peer.from_yaml(tmp_path / "garden/encoder.yaml", "bert_v2"), peer.ERF)
    restored = tf.train.Checkpoint(encoder=encoder).restore(str(tmp_path / "garden/ckpt-1"))
    restored.assert_existing_objects_matched().assert_consumed()
    inputs = inputs_for(model.config.vocab_size, model.config.type_vocab_size)
    ours, (states, pooled) = model(inputs), peer.outputs(encoder, inputs)
    assert_close("garden export: states", states, ours["last_hidden_state"], STATES)
    assert_close("garden export: pooled", pooled, ours["pooler_output"], STATES)


@pytest.mark.interop
@pytest.mark.parametrize("act", ["gelu", "gelu_new"])
def test_the_lines_in_the_yaml_run(peer, small_config, tmp_path, monkeypatch, act):
    """The comments hold the Python that restores the checkpoint; run as they stand, they give our logits."""
    model = randomised(RemBertForMaskedLM(small_config.replace(hidden_act=act)))
    model.save_pretrained(tmp_path / "model")
    export(tmp_path / "model", tmp_path / "garden")
    comments = [line[2:] for line in (tmp_path / "garden/encoder.yaml").read_text().splitlines() if line[0] == "#"]
    scope = {name: getattr(peer, name) for name in ("tf", "tf_keras", "tf_utils", "encoders", "layers", "models")}
    monkeypatch.chdir(tmp_path / "garden")
    try:
        for line in comments:
            if line.split(".")[0].split(" ")[0] in {*scope, "encoder", "head", "pretrainer"}:
                exec(line, scope)
    finally:
        peer.tf_keras.utils.get_custom_objects().pop("gelu_erf", None)
    inputs = inputs_for(50, 2)
    assert_close("garden export: logits", peer.logits(scope["pretrainer"], inputs), model(inputs), LOGITS)


@pytest.mark.parametrize("model", ["base_model", "base_gelu_new", "masked_lm"])
def test_there_and_back_is_bit_exact(tmp_path, model):
    source = model_directory(model)
    export(source, tmp_path / "garden")
    back = bring_back(tmp_path / "garden", tmp_path / "back")
    before, after = (load_file(Path(folder) / "model.safetensors") for folder in (source, tmp_path / "back"))
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array, err_msg=name)
    with hf.open_source(source, Request()) as first:
        for field in ("hidden_act", "input_embedding_size", "num_attention_heads", "hidden_dropout_prob"):
            assert getattr(back.config, field) == getattr(first.config, field), field
        assert back.architecture == first.architecture


def test_the_vocabulary_travels(small_config, small_tokenizer, small_vocabulary, tmp_path):
    model = RemBertModel(small_config.replace(vocab_size=len(small_tokenizer)))
    model.save_pretrained(tmp_path / "model")
    small_tokenizer.save_pretrained(tmp_path / "model")
    export(tmp_path / "model", tmp_path / "garden")
    assert (tmp_path / "garden/sentencepiece.model").read_bytes() == Path(small_vocabulary).read_bytes()
    back = bring_back(tmp_path / "garden", tmp_path / "back")
    assert back.config.eos_token_id == small_tokenizer.sep_token_id


@pytest.mark.interop
@pytest.mark.parametrize(
    "kind, fields",
    [
        ("bert", {}),
        ("bert_v2", {}),
        ("bert_v2", {"num_layers": 1, "num_attention_heads": 1, "type_vocab_size": 1}),
        ("bert_v2", {"num_layers": 3, "embedding_size": 20, "hidden_activation": "swish"}),
        ("bert", {"embedding_size": None}),
    ],
    ids=["bert", "bert_v2", "one layer", "three layers, swish", "no projection"],
)
def test_our_encoder_equals_theirs(peer, tmp_path, kind, fields):
    """The older class saves its variables under `layer_with_weights-N`: the graph of objects says what they are."""
    config = peer.encoder_config(kind, **fields)
    encoder = peer.randomise(peer.build(config))
    tf.train.Checkpoint(encoder=encoder).save(str(tmp_path / "theirs/ckpt"))
    save_yaml(config, tmp_path / "theirs/params.yaml")
    source = bring_back(tmp_path / "theirs", tmp_path / "ours")
    assert source.architecture == "RemBertModel"
    assert {item.name for item in source.skipped} == {GRAPH_KEY, f"save_counter{ENDING}"}
    inputs = inputs_for(50, config.get().type_vocab_size)
    ours, (states, pooled) = RemBertModel.from_pretrained(tmp_path / "ours")(inputs), peer.outputs(encoder, inputs)
    assert_close("garden import: states", ours["last_hidden_state"], states, STATES)
    assert_close("garden import: pooled", ours["pooler_output"], pooled, STATES)


@pytest.mark.interop
def test_an_encoder_without_a_projection_goes_back(peer, tmp_path):
    """The identity that stood for it in our format is left out again."""
    config = peer.encoder_config(embedding_size=None)
    encoder, other = peer.randomise(peer.build(config)), peer.build(config)
    tf.train.Checkpoint(encoder=encoder).save(str(tmp_path / "theirs/ckpt"))
    bring_back(tmp_path / "theirs", tmp_path / "ours")
    left_out = export(tmp_path / "ours", tmp_path / "garden")
    assert [item.name for item in left_out] == [
        f"encoder.embedding_hidden_mapping_in.{end}" for end in ("weight", "bias")
    ]
    restored = tf.train.Checkpoint(encoder=other).restore(str(tmp_path / "garden/ckpt-1"))
    restored.assert_existing_objects_matched().assert_consumed()
    for theirs, back in zip(encoder.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(theirs, back)


def save_yaml(config, path):
    import yaml

    path.write_text(yaml.dump({"task": {"model": {"encoder": config.as_dict()}}}))


@pytest.mark.interop
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("table", [(50, 10), None], ids=["own table", "shared table"])
def test_our_language_model_head_equals_theirs(peer, tmp_path, kind, table):
    """A trained pretrainer, saved with its optimizer: the weights arrive, everything else has a reason."""
    model = peer.pretrainer(peer.build(peer.encoder_config(kind)), table)
    model = peer.randomise(model)
    optimizer = peer.tf_keras.optimizers.legacy.Adam(1e-3)
    inputs = inputs_for(50, 2)
    peer.train_one_step(model, optimizer, {name: array[:1] for name, array in inputs.items()})
    saved = tf.train.Checkpoint(model=model, optimizer=optimizer, global_step=tf.Variable(7, dtype=tf.int64))
    saved.save(str(tmp_path / "theirs/ckpt"))
    source = bring_back(tmp_path / "theirs", tmp_path / "ours")
    assert source.architecture == "RemBertForMaskedLM"
    assert source.config.output_embedding_size == (10 if table else 8)
    assert any("shares the input table" in sentence for sentence in source.decisions) == (table is None)
    reasons = {item.reason for item in source.skipped}
    assert reasons == {"the graph of objects, not a weight", "the optimizer's", "a counter"}
    reader = CheckpointReader(tf.train.latest_checkpoint(tmp_path / "theirs"))
    weights = {tensor.origin for tensor in source.tensors}
    assert weights | {item.name for item in source.skipped} == set(reader.names())
    ours = RemBertForMaskedLM.from_pretrained(tmp_path / "ours")
    assert_close("garden import: logits", ours(inputs), peer.logits(model, inputs), LOGITS)


@pytest.mark.interop
def test_a_head_with_another_activation_is_left_out(peer, tmp_path):
    model = peer.pretrainer(peer.build(peer.encoder_config()), (50, 10), "tanh")
    tf.train.Checkpoint(**model.checkpoint_items).save(str(tmp_path / "theirs/ckpt"))
    (tmp_path / "theirs/params.yaml").write_text("model: {encoder: {type: bert_v2}, mlm_activation: tanh}\n")
    with garden.open_source(tmp_path / "theirs", Request()) as source:
        assert source.architecture == "RemBertModel"
        left_out = [item for item in source.skipped if item.name.startswith("masked_lm")]
        assert len(left_out) == 6 and "its activation is tanh" in left_out[0].reason


@pytest.mark.interop
def test_two_encoders_are_an_error_that_names_both(peer, tmp_path):
    query, passage = (peer.build(peer.encoder_config()) for _ in range(2))
    tf.train.Checkpoint(query=query, passage=passage).write(str(tmp_path / "two"))
    with pytest.raises(InputError, match=r"2 encoders \(passage, query\)"), garden.open_source(tmp_path, Request()):
        pass
