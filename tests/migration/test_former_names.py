"""Habits from the TensorFlow classes of transformers: each ends in a sentence that says what to write now."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import rembert_tf
from rembert_tf import RemBertForSequenceClassification, RemBertModel, RemBertTokenizer, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.former_arguments import FORMER_ARGUMENTS
from rembert_tf.former_names import FORMER_CLASSES, FORMER_HELPERS

IDS = [[1, 2, 3]]
LOADING = ["from_pt", "cache_dir", "config", "device_map", "output_loading_info", "ignore_mismatched_sizes"]
TOKENIZING = ["return_tensors", "is_split_into_words", "return_attention_mask", "pad_to_max_length"]


@pytest.fixture(scope="module")
def head(small_config):
    return RemBertForSequenceClassification(small_config)


@pytest.fixture(scope="module")
def directory(head, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "topic"
    head.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", FORMER_CLASSES)
def test_a_former_class_names_its_successor(name):
    successor = FORMER_CLASSES[name]
    assert successor in rembert_tf.__all__
    for wording, error in ((f"rembert_tf.{name}", AttributeError), (f"from rembert_tf import {name}", ImportError)):
        with pytest.raises(error, match=f"^{name} is {successor} here: from rembert_tf import {successor} ") as raised:
            exec(wording, {"rembert_tf": rembert_tf})
        assert type(raised.value) is error
    assert not hasattr(rembert_tf, name) and name not in dir(rembert_tf)


def test_every_former_class_of_the_family_is_known():
    heads = {f"TF{name}" for name in rembert_tf.__all__ if name.startswith(("RemBertModel", "RemBertFor"))}
    assert len(heads) == 7 and heads <= FORMER_CLASSES.keys()


@pytest.mark.parametrize("name", FORMER_HELPERS)
def test_a_former_helper_is_answered_too(name):
    for wording, error in ((f"rembert_tf.{name}", AttributeError), (f"from rembert_tf import {name}", ImportError)):
        with pytest.raises(error, match=rf"^rembert_tf has no {name}: .{{9,}} \(docs/migration.md\)$"):
            exec(wording, {"rembert_tf": rembert_tf})


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("RemBERTModel", "RemBertModel"),
        ("RembertForMaskedLM", "RemBertForMaskedLM"),
        ("RemBertForSequenceClassificaton", "RemBertForSequenceClassification"),
        ("RemBERTTokenizer", "RemBertTokenizer"),
    ],
)
def test_a_slip_in_a_class_is_guessed(slip, meant):
    with pytest.raises(ImportError, match=rf"^rembert_tf has no {slip}; did you mean {meant}\?$"):
        exec(f"from rembert_tf import {slip}")


def test_other_names_fail_as_usual():
    with pytest.raises(ImportError, match="cannot import name 'TFRemBertForNothing'"):
        exec("from rembert_tf import TFRemBertForNothing")


@pytest.mark.parametrize("arguments", [["input_ids"], ["input_ids", "attention_mask"], ["inputs_embeds"]])
def test_inputs_as_keywords(head, arguments):
    with pytest.raises(InputError, match=r"takes its inputs in one dictionary.*model\(\{.*'" + arguments[-1]):
        head(**dict.fromkeys(arguments, IDS))


@pytest.mark.parametrize("name", ["labels", "start_positions", "head_mask", "return_dict", "output_attentions"])
def test_keywords_and_entries_that_are_no_more(head, name):
    for call in (lambda: head({"input_ids": IDS}, **{name: None}), lambda: head({"input_ids": IDS, name: IDS})):
        with pytest.raises(InputError) as raised:
            call()
        assert f"{name}: {FORMER_ARGUMENTS[name]}" in str(raised.value)


def test_the_encoder_still_takes_what_heads_do_not(small_config):
    asked = {"output_attentions": True, "output_hidden_states": True, "use_cache": True}
    outputs = RemBertModel(small_config)({"input_ids": IDS}, training=False, **asked)
    assert {"attentions", "hidden_states"} <= outputs.keys()


@pytest.mark.parametrize("name", LOADING)
def test_loading(directory, name):
    with pytest.raises(InputError, match=f"does not take {name} ") as raised:
        RemBertForSequenceClassification.from_pretrained(directory, **{name: True})
    assert FORMER_ARGUMENTS[name] in str(raised.value)


def test_a_field_is_still_a_field(directory):
    assert RemBertModel.from_pretrained(directory, use_cache=False).config.use_cache is False


def test_saving(head, tmp_path):
    with pytest.raises(InputError, match="export_saved_model"):
        head.save_pretrained(tmp_path / "new", saved_model=True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", TOKENIZING)
def test_tokenizing(small_tokenizer, name):
    for call in (small_tokenizer, small_tokenizer.encode):
        with pytest.raises(InputError, match=f"RemBertTokenizerFast does not take {name} ") as raised:
            call("a", **{name: "tf"})
        assert FORMER_ARGUMENTS[name] in str(raised.value)


@pytest.mark.parametrize("name", ["use_fast", "cache_dir", "token"])
def test_loading_a_tokenizer(small_vocabulary, name):
    for kind in (RemBertTokenizer, RemBertTokenizerFast):
        with pytest.raises(InputError, match=f"unknown argument {name}: expected one of ") as raised:
            kind.from_pretrained(small_vocabulary, **{name: True})
        assert FORMER_ARGUMENTS[name] in str(raised.value)


def test_labels_that_lie_in_a_dictionary(head):
    head.compile("adam")
    ids = np.array(IDS)
    for data in (({"input_ids": ids}, {"labels": ids[:, 0]}), (rows_of(ids),)):
        with pytest.raises(InputError, match="y is a dictionary of labels: give the labels themselves"):
            head.fit(*data, verbose=0)


def rows_of(ids):
    """The data set that `prepare_tf_dataset` of transformers makes."""
    return tf.data.Dataset.from_tensor_slices(({"input_ids": ids}, {"labels": ids[:, 0]})).batch(2)


def test_a_slip_is_a_type_error(small_tokenizer, head, tmp_path):
    for call in (
        lambda: small_tokenizer("a", paddin=True),
        lambda: head({"input_ids": IDS}, trainig=True),
        lambda: head.save_pretrained(tmp_path / "new", max_shard=1),
        lambda: small_tokenizer.decode([5], skip_special_token=True),
    ):
        guess = r"\(did you mean (padding|training|max_shard_size|skip_special_tokens)\?\)\.$"
        with pytest.raises(TypeError, match="does not take (paddin|trainig|max_shard|skip_special_token) " + guess):
            call()


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["no-such-command"], 2)])
def test_the_package_can_be_run(arguments, code):
    command = [sys.executable, "-m", "rembert_tf", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == code
    assert ("rembert" if code == 0 else "no-such-command") in ended.stdout + ended.stderr
