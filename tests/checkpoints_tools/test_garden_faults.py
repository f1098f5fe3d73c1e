"""Model Garden checkpoints that leave something open or are damaged, and models that none can hold."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForMaskedLM, RemBertModel
from rembert_tf.checkpoints_tools.formats import garden
from rembert_tf.checkpoints_tools.formats.object_checkpoint import ENDING
from rembert_tf.checkpoints_tools.formats.tf_checkpoint import CheckpointWriter
from rembert_tf.checkpoints_tools.source import Request
from rembert_tf.errors import InputError, MissingFileError
from tests.checkpoints_tools.garden_folders import bring_back, export, randomised, rewritten
from tests.golden import model_directory


@pytest.fixture(scope="module")
def written(small_config, tmp_path_factory):
    """A folder with a small MaskedLM model directory, `model`, and its Model Garden checkpoint, `garden`."""
    folder = tmp_path_factory.mktemp("garden")
    randomised(RemBertForMaskedLM(small_config)).save_pretrained(folder / "model")
    export(folder / "model", folder / "garden")
    return folder


@pytest.fixture
def exported(written, tmp_path):
    """The Model Garden checkpoint, to be changed at will."""
    return shutil.copytree(written / "garden", tmp_path / "garden")


def test_the_activation_is_decided_aloud(exported):
    with garden.open_source(exported, Request()) as source:
        assert source.config.hidden_act == "gelu"
    (exported / "encoder.yaml").unlink()
    with garden.open_source(exported, Request()) as source:
        assert source.config.hidden_act == "gelu_new"
        assert any("there is no YAML" in sentence for sentence in source.decisions)
        assert any("the head's activation" in sentence for sentence in source.decisions)
    with garden.open_source(exported, Request(hidden_act="gelu")) as source:
        assert source.config.hidden_act == "gelu"


def test_sizes_come_from_the_tensors(exported, small_config):
    """Without a YAML the architecture is the tensors'."""
    (exported / "encoder.yaml").unlink()
    with garden.open_source(exported / "ckpt-1.index", Request()) as source:
        for field in ("num_hidden_layers", "num_attention_heads", "input_embedding_size", "output_embedding_size"):
            assert getattr(source.config, field) == getattr(small_config, field), field


def test_a_yaml_that_disagrees_is_an_error_with_both_values(exported):
    text = (exported / "encoder.yaml").read_text()
    changed = text.replace("num_layers: 2", "num_layers: 3").replace("embedding_size: 8", "embedding_size: 9")
    (exported / "encoder.yaml").write_text(changed)
    with (
        pytest.raises(InputError, match="it says num_layers 3 but 2; embedding_size 9 but 8 in the tensors"),
        garden.open_source(exported, Request()),
    ):
        pass


def test_every_weight_that_does_not_fit_is_listed(exported, tmp_path):
    block = "encoder/_transformer_layers/1/"

    def damage(arrays):
        del arrays[f"{block}_intermediate_dense/bias{ENDING}"]
        arrays[f"{block}_output_layer_norm/beta{ENDING}"] = np.zeros(13, "float32")
        arrays[f"encoder/_extra/scale{ENDING}"] = np.zeros(2, "float32")
        return arrays

    target = rewritten(exported, tmp_path / "damaged", damage)
    with pytest.raises(InputError) as error, garden.open_source(target, Request()):
        pass
    message = str(error.value)
    assert f"missing {block}_intermediate_dense/bias" in message
    assert f"{block}_output_layer_norm/beta has shape (13,) instead of (12,)" in message
    assert "unknown encoder/_extra/scale" in message
    assert "3 weights" in message


def test_an_incomplete_head_gives_an_encoder(exported, tmp_path):
    def without_table(arrays):
        return {name: array for name, array in arrays.items() if "embedding_table" not in name}

    def without_norm(arrays):
        return {name: array for name, array in arrays.items() if not name.startswith("masked_lm/layer_norm")}

    for number, change in enumerate((without_table, without_norm)):
        target = rewritten(exported, tmp_path / str(number), change)
        with garden.open_source(target, Request()) as source:
            assert source.architecture == "RemBertModel"
            left_out = [item for item in source.skipped if item.name.startswith("masked_lm/")]
            assert len(left_out) in (4, 5) and all(item.reason for item in left_out)


def test_the_encoder_may_have_any_name(exported, tmp_path):
    def renamed(arrays):
        return {name.replace("encoder/", "task/backbone/", 1): array for name, array in arrays.items()}

    target = rewritten(exported, tmp_path / "renamed", renamed)
    with garden.open_source(exported, Request()) as plain, garden.open_source(target, Request()) as source:
        assert source.architecture == "RemBertForMaskedLM"
        for ours, theirs in zip(plain.tensors, source.tensors, strict=True):
            assert theirs.origin == ours.origin.replace("encoder/", "task/backbone/", 1)
            np.testing.assert_array_equal(ours.read(), theirs.read())


def test_a_checkpoint_without_an_encoder_says_what_it_has(tmp_path):
    tf.train.Checkpoint(net=tf.train.Checkpoint(weight=tf.Variable(1.0))).write(str(tmp_path / "odd"))
    with pytest.raises(InputError, match=r"no BERT encoder of Model Garden \(its root has net\)"):
        garden.open_source(tmp_path, Request()).__enter__()


def test_a_checkpoint_of_plain_names_is_another_format(tmp_path):
    with CheckpointWriter(tmp_path / "model.ckpt") as writer:
        writer.add("bert/embeddings/word_embeddings", np.zeros((5, 4), "float32"))
    assert not garden.looks_like(tmp_path)
    with pytest.raises(InputError, match="no graph of objects"), garden.open_source(tmp_path, Request()):
        pass


def test_it_is_recognised(written, tmp_path):
    assert garden.looks_like(written / "garden") and garden.looks_like(written / "garden/ckpt-1")
    assert not garden.looks_like(written / "model") and not garden.looks_like(tmp_path / "nothing")


def test_damaged_files_are_named(exported, tmp_path):
    missing = shutil.copytree(exported, tmp_path / "missing")
    next(missing.glob("*.data-*")).unlink()
    with pytest.raises(MissingFileError, match=r"lacks its file \.data-00000-of-00001"):
        garden.open_source(missing, Request()).__enter__()
    short = shutil.copytree(exported, tmp_path / "short")
    data = next(short.glob("*.data-*"))
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    with pytest.raises(InputError, match="damaged or cut short"), garden.open_source(short, Request()) as source:
        for tensor in source.tensors:
            tensor.read()
    with pytest.raises(MissingFileError, match="no TensorFlow checkpoint"):
        garden.open_source(tmp_path / "nowhere", Request()).__enter__()


def test_a_missing_shard_is_named(exported, tmp_path):
    target = rewritten(exported, tmp_path / "shards", lambda arrays: arrays, group_bytes=4000)
    shards = sorted(target.glob("*.data-*"))
    assert len(shards) > 2
    with garden.open_source(target, Request()) as source:
        assert len(source.tensors) == 45
    shards[1].unlink()
    with pytest.raises(MissingFileError, match=shards[1].name.removeprefix("ckpt-1")):
        garden.open_source(target, Request()).__enter__()


def test_the_source_is_untouched(exported, tmp_path):
    before = {path.name: path.read_bytes() for path in exported.iterdir()}
    bring_back(exported, tmp_path / "back")
    assert {path.name: path.read_bytes() for path in exported.iterdir()} == before


def test_what_has_no_place_there_is_named(tmp_path):
    """Heads but the language model's, and cross-attention, are left out, each weight by name and reason."""
    left_out = export(model_directory("question_answering"), tmp_path / "answers")
    assert [item.name for item in left_out] == ["qa_outputs.weight", "qa_outputs.bias"]
    left_out = export(model_directory("causal_lm_cross"), tmp_path / "causal")
    assert left_out and all("crossattention" in item.name for item in left_out)
    assert {item.reason for item in left_out} == {"Model Garden's encoder has no such part"}
    assert "attention is causal" in (tmp_path / "causal/encoder.yaml").read_text()


def test_a_model_that_they_cannot_compute_is_refused(small_config, tmp_path):
    """Another epsilon, or a projection where their encoder has none, would be silently lost."""
    RemBertModel(small_config.replace(layer_norm_eps=1e-5)).save_pretrained(tmp_path / "eps")
    with pytest.raises(InputError, match="layer_norm_eps 1e-05"):
        export(tmp_path / "eps", tmp_path / "a")
    RemBertModel(small_config.replace(input_embedding_size=12)).save_pretrained(tmp_path / "square")
    with pytest.raises(InputError, match="input_embedding_size and hidden_size are both 12"):
        export(tmp_path / "square", tmp_path / "b")
