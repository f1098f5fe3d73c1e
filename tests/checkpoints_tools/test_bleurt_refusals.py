"""Folders that are no BLEURT of this family, or damaged ones, end with one sentence and leave nothing."""

import json

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.checkpoints_tools import convert
from rembert_tf.errors import InputError, MissingFileError
from tests.checkpoints_tools.bleurt_folder import CONFIG, change_settings, random_variables, vocabulary, write_bleurt
from tests.tokenization.small_models import trained_model


@pytest.fixture(scope="module")
def model():
    return vocabulary()


@pytest.fixture
def folder(tmp_path, model):
    """A folder to damage."""
    return write_bleurt(tmp_path / "folder", model=model).path


def refused(path, tmp_path, words, error=InputError, **arguments):
    """Asserts that a conversion ends with one sentence, and leaves nothing."""
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error, match=words) as caught:
        convert(path, tmp_path / "out", source="bleurt", **arguments)
    assert len(str(caught.value).splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_other_bleurts_are_named(tmp_path, model):
    hidden = {
        **random_variables(),
        "dense_1/kernel": np.ones((128, 1), "float32"),
        "dense_1/bias": np.ones(1, "float32"),
    }
    hidden |= {"dense/kernel": np.ones((36, 128), "float32"), "dense/bias": np.ones(128, "float32")}
    values = random_variables()
    with_names_only(tmp_path / "layers", hidden, model)
    with_names_only(tmp_path / "wide", {**values, "dense/kernel": np.ones((36, 2), "float32")}, model)
    with_names_only(tmp_path / "headless", {name: x for name, x in values.items() if name != "dense/kernel"}, model)
    albert = {name: x for name, x in values.items() if "embedding_hidden_mapping_in" not in name}
    with_names_only(tmp_path / "bert", albert, model)
    with_names_only(tmp_path / "wordpiece", albert, model, vocab_file="vocab.txt", do_lower_case=True, sp_model=None)
    refused(tmp_path / "layers", tmp_path, "hidden layers.*dense/kernel, dense_1/kernel")
    refused(tmp_path / "wide", tmp_path, r"\(36, 2\)")
    refused(tmp_path / "headless", tmp_path, "dense/kernel")
    refused(tmp_path / "bert", tmp_path, "a BERT")
    refused(tmp_path / "wordpiece", tmp_path, "WordPiece vocabulary.*vocab.txt.*BLEURT-20")


def with_names_only(path, variables, model, **settings):
    """Writes a BLEURT folder whose graph holds the variables and computes nothing."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        for name, array in variables.items():
            v1.get_variable(name, initializer=tf.constant(array), use_resource=False)
        x = v1.placeholder(tf.int64, [None, None])
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(path), {"input_ids": x}, {"predictions": tf.reduce_sum(x, 1)})
    (path / "sent_piece.model").write_bytes(model)
    (path / "bert_config.json").write_text(json.dumps(CONFIG))
    entries = {"bert_config_file": "bert_config.json", "max_seq_length": 48, "sp_model": "sent_piece", **settings}
    (path / "bleurt_config.json").write_text(json.dumps(entries))


@pytest.mark.parametrize("length", [97, 3, 0, -1, "48", 48.5])
def test_impossible_lengths_are_refused(length, tmp_path, folder):
    change_settings(folder, max_seq_length=length)
    refused(folder, tmp_path, f"max_seq_length must be 4 to 96.*{length}")


def test_missing_and_damaged_files_are_named(tmp_path, folder):
    refused(tmp_path / "nowhere", tmp_path, "nowhere", MissingFileError)
    change_settings(folder, sp_model="other")
    refused(folder, tmp_path, "other.model", MissingFileError)
    change_settings(folder, sp_model=7)
    refused(folder, tmp_path, "sp_model must be a file's name, not 7")
    change_settings(folder, sp_model="sent_piece", bert_config_file="other.json")
    refused(folder, tmp_path, "other.json", MissingFileError)
    (folder / "bleurt_config.json").write_text("{")
    refused(folder, tmp_path, "bleurt_config.json.*JSON")


def test_missing_weights_and_a_foreign_vocabulary_are_named(tmp_path, folder):
    (folder / "sent_piece.model").write_bytes(trained_model(vocab_size=300))
    refused(folder, tmp_path, r"no piece \[CLS\], \[SEP\]")
    (folder / "variables/variables.data-00000-of-00001").unlink()
    refused(folder, tmp_path, "data-00000-of-00001", MissingFileError)
    (folder / "variables/variables.index").unlink()
    refused(folder, tmp_path, "variables.index", MissingFileError)


def test_a_damaged_graph_is_an_error(tmp_path, folder):
    (folder / "saved_model.pb").write_bytes((folder / "saved_model.pb").read_bytes()[:-100])
    refused(folder, tmp_path, "saved_model.pb")
