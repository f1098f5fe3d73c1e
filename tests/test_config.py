"""RemBertConfig: defaults, spellings, labels, and what it refuses."""

import copy
import dataclasses
import json
import math
import pickle

import pytest

from rembert_tf import RemBertConfig
from rembert_tf.errors import InputError, MissingFileError
from tests.golden import model_directory

# The released checkpoint: Chung et al. (ICLR 2021) table 14 and the reference's configuration class.
DEFAULTS = {
    "vocab_size": 250300,
    "hidden_size": 1152,
    "num_hidden_layers": 32,
    "num_attention_heads": 18,
    "input_embedding_size": 256,
    "output_embedding_size": 1664,
    "intermediate_size": 4608,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "classifier_dropout_prob": 0.1,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-12,
    "use_cache": True,
    "pad_token_id": 0,
    "bos_token_id": 312,
    "eos_token_id": 313,
    "is_decoder": False,
    "add_cross_attention": False,
    "tie_word_embeddings": False,
    "problem_type": None,
    "num_labels": 2,
    "id2label": {0: "LABEL_0", 1: "LABEL_1"},
    "label2id": {"LABEL_0": 0, "LABEL_1": 1},
    "extra": {},
}


def test_defaults_are_the_released_checkpoint():
    config = RemBertConfig()
    assert {field.name: getattr(config, field.name) for field in dataclasses.fields(config)} == DEFAULTS
    assert config.head_size == 64


def test_google_spelling_and_unknown_keys():
    content = {"embedding_size": 24, "hidden_size": 48, "num_attention_heads": 4, "embedding_dropout_prob": 0}
    config = RemBertConfig.from_dict(content)
    assert config.input_embedding_size == 24
    assert config.extra == {"embedding_dropout_prob": 0}
    assert content["embedding_size"] == 24, "the caller's dictionary was changed"


def test_our_spelling_wins_over_google_spelling():
    config = RemBertConfig.from_dict({"embedding_size": 24, "input_embedding_size": 32})
    assert config.input_embedding_size == 32
    assert config.to_dict()["embedding_size"] == 24


@pytest.mark.parametrize("name", ["base_model", "base_gelu_new", "seqcls_multilabel", "seqcls_regression_multi"])
def test_a_reference_file_comes_back_whole(name, tmp_path):
    """Every key that the reference wrote is read and written again with the same value."""
    with open(f"{model_directory(name)}/config.json") as file:
        theirs = json.load(file)
    RemBertConfig.from_pretrained(model_directory(name)).save_pretrained(tmp_path)
    ours = json.loads((tmp_path / "config.json").read_text())
    assert {key: ours[key] for key in theirs} == theirs


def test_round_trips(tmp_path):
    config = RemBertConfig(
        hidden_size=36, label2id={"nein": 0, "ja": 1, "外": 2}, problem_type="regression", extra={"a": {"b": [1]}}
    )
    config.save_pretrained(tmp_path / "new" / "directory")
    read = RemBertConfig.from_pretrained(tmp_path / "new" / "directory")
    assert read == config == RemBertConfig.from_dict(config.to_dict())
    assert RemBertConfig.from_pretrained(tmp_path / "new" / "directory" / "config.json") == config
    assert pickle.loads(pickle.dumps(config)) == copy.deepcopy(config) == config
    assert hash(read) == hash(config)


def test_frozen_and_independent_of_what_it_was_given():
    given = {"nested": [1]}
    config = RemBertConfig(extra=given)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.hidden_size = 4
    given["nested"].append(2)
    config.to_dict()["nested"].append(3)
    assert config.extra == {"nested": [1]}


def test_replace():
    config = RemBertConfig(id2label={0: "no", 1: "yes"})
    changed = config.replace(hidden_act="gelu_new", num_hidden_layers=2)
    assert (changed.hidden_act, changed.num_hidden_layers, changed.id2label) == ("gelu_new", 2, config.id2label)
    assert config.hidden_act == "gelu"
    assert config.replace(num_labels=2).id2label == {0: "no", 1: "yes"}, "as many labels as before keep their names"
    assert config.replace(num_labels=3).label2id == {"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2}
    assert config.replace(label2id={"x": 0}).num_labels == 1
    with pytest.raises(InputError, match="no field hiden_size.*hidden_size"):
        config.replace(hiden_size=3)
    with pytest.raises(InputError, match="hidden_size.*1153"):
        config.replace(hidden_size=1153)


@pytest.mark.parametrize(
    "labels",
    [
        {"num_labels": 3},
        {"id2label": {0: "a", 1: "b", 2: "c"}},
        {"id2label": {"2": "c", "0": "a", "1": "b"}},
        {"label2id": {"c": 2, "a": 0, "b": 1}},
        {"num_labels": 3, "id2label": {0: "a", 1: "b", 2: "c"}},
    ],
)
def test_labels_can_be_said_in_any_way(labels):
    config = RemBertConfig(**labels)
    assert config.num_labels == 3
    assert list(config.id2label) == [0, 1, 2]
    assert config.label2id == {name: number for number, name in config.id2label.items()}
    assert "LABEL_0" in config.label2id if labels == {"num_labels": 3} else config.id2label[2] == "c"


def test_a_file_may_contradict_itself_about_the_number_of_labels():
    """The reference writes `num_labels` only beside the names, which count."""
    assert RemBertConfig.from_dict({"num_labels": 5, "id2label": {"0": "a", "1": "b"}}).num_labels == 2


POSITIVE = [
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "input_embedding_size",
    "output_embedding_size",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
]
IMPOSSIBLE = [
    *((name, value) for name in POSITIVE for value in (0, -1, 1.5, "8", None, True)),
    *(
        (name, value)
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout_prob")
        for value in (-0.1, 1.0, 2, "0.1", None, math.nan)
    ),
    *((name, value) for name in ("initializer_range", "layer_norm_eps") for value in (0, -1e-12, "x", math.inf)),
    *((name, value) for name in ("use_cache", "is_decoder", "add_cross_attention") for value in (0, "yes", None)),
    *((name, value) for name in ("pad_token_id", "bos_token_id", "eos_token_id") for value in (-1, 0.5, "a", False)),
    *(("hidden_act", value) for value in ("gelu_fast", "", None, 3, len)),
    *(("problem_type", value) for value in ("classification", 3, "")),
    *(("num_labels", value) for value in (0, -2, 1.5, "2", True)),
    *(("id2label", value) for value in ([1], "ab", {"x": "a"}, {None: "a"})),
    *(("label2id", value) for value in ({"a": 0, "b": 0}, [0], "ab")),
    ("tie_word_embeddings", True),
    ("extra", None),
    ("extra", [1]),
]


@pytest.mark.parametrize(("name", "value"), IMPOSSIBLE, ids=str)
def test_impossible_values_are_refused_by_name_and_value(name, value):
    with pytest.raises(InputError) as error:
        RemBertConfig(**{name: value})
    message = str(error.value)
    assert name in message
    assert repr(value) in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"hidden_size": 100, "num_attention_heads": 3}, "100.*3"),
        ({"add_cross_attention": True}, "add_cross_attention.*is_decoder"),
        ({"id2label": {0: "same", 1: "same"}}, "id2label.*same"),
        ({"id2label": {}}, r"id2label.*\[\]"),
        ({"id2label": {1: "a"}}, r"id2label.*\[1\]"),
        ({"id2label": {0: "a", 2: "b"}}, r"id2label.*\[0, 2\]"),
        ({"label2id": {"a": 1}}, r"id2label.*\[1\]"),
        ({"num_labels": 3, "id2label": {0: "a", 1: "b"}}, "num_labels is 3.*2 labels"),
    ],
)
def test_impossible_combinations_are_refused(values, said):
    with pytest.raises(InputError, match=said):
        RemBertConfig(**values)


def test_files_that_are_no_configuration(tmp_path):
    with pytest.raises(MissingFileError, match="nowhere"):
        RemBertConfig.from_pretrained(tmp_path / "nowhere")
    with pytest.raises(MissingFileError, match="config.json"):
        RemBertConfig.from_pretrained(tmp_path)
    file = tmp_path / "config.json"
    for content, said in [
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[1]", "JSON object, not list"),
        (b'{"model_type": "bert"}', "model_type 'bert'.*'rembert'"),
        (b'{"vocab_size": 0}', "vocab_size.*0"),
    ]:
        file.write_bytes(content)
        with pytest.raises(InputError, match=f"config.json.*{said}"):
            RemBertConfig.from_pretrained(tmp_path)
