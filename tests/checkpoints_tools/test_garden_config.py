"""The YAML files of Model Garden encoders: every nesting, every disagreement, and their own reading of ours."""

import pytest

from rembert_tf import RemBertConfig
from rembert_tf.checkpoints_tools.formats import garden_config
from rembert_tf.errors import InputError, MissingFileError

FIELDS = {
    "vocab_size": 50,
    "hidden_size": 12,
    "num_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
    "embedding_size": 8,
}
SIZES = {garden_config.SIZES[name]: size for name, size in FIELDS.items()}
NESTED = {
    "an experiment": "task: {{model: {{encoder: {{bert: {0}, type: bert}}, mlm_activation: relu}}}}\ntrainer: {{}}",
    "a model": "model: {{encoder: {{type: bert_v2, bert_v2: {0}}}, mlm_activation: relu}}",
    "an encoder": "encoder: {{type: bert_v2, bert_v2: {0}}}",
    "an EncoderConfig": "type: bert\nbert: {0}",
    "without its type": "bert_v2: {0}",
    "flat": "{0}",
}


def read(tmp_path, text):
    path = tmp_path / "encoder.yaml"
    path.write_text(text, encoding="utf-8")
    return garden_config.read_yaml(path)


def settled(tmp_path, text, hidden_act=None):
    return garden_config.settle(read(tmp_path, text), SIZES, hidden_act)


@pytest.mark.parametrize("nesting", NESTED)
def test_the_encoder_is_found_at_every_depth(tmp_path, nesting):
    said = read(tmp_path, NESTED[nesting].format(FIELDS))
    assert said.fields == FIELDS
    assert said.mlm_activation == ("relu" if "mlm_activation" in NESTED[nesting] else None)


def test_fields_that_are_left_out_have_their_defaults(tmp_path):
    """BertEncoderConfig drops 10 % where its file says nothing; sizes come from the tensors."""
    config, _, _ = settled(tmp_path, "type: bert\nbert: {attention_dropout_rate: 0.2}")
    assert (config.hidden_dropout_prob, config.attention_probs_dropout_prob) == (0.1, 0.2)
    assert (config.hidden_size, config.num_hidden_layers, config.input_embedding_size) == (12, 2, 8)


@pytest.mark.parametrize(
    "word, expected",
    [("gelu", "gelu_new"), ("GELU", "gelu_new"), ("gelu_erf", "gelu"), ("relu", "relu"), ("swish", "silu")],
)
def test_their_gelu_is_the_tanh_form(tmp_path, word, expected):
    config, decisions, _ = settled(tmp_path, f"type: bert\nbert: {{hidden_activation: {word}}}")
    assert config.hidden_act == expected
    assert word in decisions[0]


def test_the_user_has_the_last_word_on_the_activation(tmp_path):
    config, decisions, _ = settled(tmp_path, "bert: {hidden_activation: gelu}", hidden_act="gelu")
    assert config.hidden_act == "gelu"
    assert decisions[0].startswith("hidden_act is gelu: as asked")


def test_no_file_means_their_default(tmp_path):
    assert garden_config.find_yaml(tmp_path) is None
    config, decisions, _ = garden_config.settle(None, SIZES)
    assert (config.hidden_act, config.hidden_dropout_prob) == ("gelu_new", 0.0)
    assert len(decisions) == 2


@pytest.mark.parametrize(
    "text, message",
    [
        ("type: albert\nalbert: {}", "type 'albert': only bert and bert_v2"),
        ("runtime: {num_gpus: 1}", "no encoder's configuration"),
        ("- 1\n- 2", "expected a mapping"),
        ("bert: {a: [", "not valid YAML"),
        ("bert: !!python/object/apply:os.getcwd []", "not valid YAML"),
        ("bert: {norm_first: true}", "normalises last"),
        ("bert: {hidden_activation: mish}", "mish, which is none of"),
        ("bert: {embedding_size: null}", "it says embedding_size 12 but 8 in the tensors"),
        ("bert: {hidden_size: 13, num_layers: '2'}", "hidden_size 13 but 12; num_layers '2' but 2 in the tensors"),
        ("bert: {dropout_rate: 1.5}", "hidden_dropout_prob must be a number from 0"),
    ],
)
def test_what_cannot_be_is_named(tmp_path, text, message):
    with pytest.raises(InputError) as error:
        settled(tmp_path, text)
    assert message in str(error.value)
    assert "encoder.yaml" in str(error.value)


def test_unknown_fields_are_a_warning(tmp_path):
    _, _, warnings = settled(tmp_path, "bert: {num_layers: 2, relative_bias: true, output_range: 1}")
    assert len(warnings) == 1 and "relative_bias" in warnings[0] and "output_range" not in warnings[0]


def test_which_file_is_read(tmp_path):
    (tmp_path / "notes.yaml").write_text("{}")
    assert garden_config.find_yaml(tmp_path).name == "notes.yaml"
    (tmp_path / "other.yml").write_text("{}")
    with pytest.raises(InputError, match=r"several YAML files \(notes.yaml, other.yml\)"):
        garden_config.find_yaml(tmp_path)
    (tmp_path / "params.yaml").write_text("{}")
    assert garden_config.find_yaml(tmp_path).name == "params.yaml"
    assert garden_config.find_yaml(tmp_path, tmp_path / "other.yml").name == "other.yml"
    with pytest.raises(MissingFileError, match="nowhere.yaml"):
        garden_config.find_yaml(tmp_path, tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    "act, word",
    [("gelu", "gelu_erf"), ("gelu_new", "gelu"), ("gelu_pytorch_tanh", "gelu"), ("silu", "swish"), ("relu", "relu")],
)
def test_what_is_written_reads_back(tmp_path, small_config, act, word):
    config = small_config.replace(
        hidden_act=act, hidden_dropout_prob=1e-5, attention_probs_dropout_prob=0.25, max_position_embeddings=16
    )
    text = garden_config.yaml_text(config, ["A note: with a colon.", "- and a dash"])
    said = read(tmp_path, text)
    others = {"dropout_rate": 1e-5, "attention_dropout_rate": 0.25, "initializer_range": 0.2}
    assert said.fields == {**FIELDS, **others, "hidden_activation": word}
    back, _, warnings = garden_config.settle(said, SIZES)
    assert back.hidden_act == ("gelu_new" if word == "gelu" else act)
    assert back.hidden_dropout_prob == 1e-5 and not warnings


@pytest.mark.interop
def test_their_own_class_reads_what_is_written(tmp_path):
    encoders = pytest.importorskip("official.nlp.configs.encoders", reason="tf-models-official is not installed")
    path = tmp_path / "encoder.yaml"
    config = RemBertConfig(hidden_dropout_prob=1e-5)
    path.write_text(garden_config.yaml_text(config, ["a note"]))
    theirs = encoders.EncoderConfig.from_yaml(str(path))
    assert theirs.type == "bert_v2"
    found = theirs.bert_v2.as_dict()
    assert found == {
        **encoders.BertEncoderConfig().as_dict(),
        "vocab_size": 250300,
        "hidden_size": 1152,
        "num_layers": 32,
        "num_attention_heads": 18,
        "intermediate_size": 4608,
        "embedding_size": 256,
        "hidden_activation": "gelu_erf",
        "dropout_rate": 1e-5,
        "attention_dropout_rate": 0.0,
    }


@pytest.mark.interop
def test_what_their_trainer_writes_is_read(tmp_path):
    """The `params.yaml` of their pre-training experiment, whole."""
    pytest.importorskip("official.nlp.configs", reason="tf-models-official is not installed")
    from official.core import train_utils
    from official.nlp.configs import pretraining_experiments
    from official.nlp.configs.encoders import BertEncoderConfig

    train_utils.serialize_config(pretraining_experiments.bert_pretraining(), str(tmp_path))
    said = garden_config.read_yaml(garden_config.find_yaml(tmp_path))
    assert said.fields == BertEncoderConfig().as_dict()
    assert said.mlm_activation == "gelu" and not said.head_differs
