"""`rembert export --format` as a user meets it."""

import json
import shutil

import pytest

from rembert_tf import RemBertForCausalLM, RemBertForTokenClassification
from rembert_tf.cli import main
from tests.serving.portable.runtimes import LOADED

FILES = {"config.json", "model_card.md", "sentencepiece.model", "special_tokens_map.json", "tokenizer.json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny_config, tiny_tokenizer):
    folder = tmp_path_factory.mktemp("models")
    models = {
        "tagger": RemBertForTokenClassification(tiny_config),
        "writer": RemBertForCausalLM(tiny_config.replace(is_decoder=True)),
    }
    for name, model in models.items():
        model.save_pretrained(folder / name)
        tiny_tokenizer.save_pretrained(folder / name)
    shutil.copytree(folder / "tagger", folder / "run/best")
    (folder / "run/run.json").write_text("{}")
    return folder


@pytest.fixture
def rembert(folder, capsys, monkeypatch, tmp_path):
    """Runs `rembert export ...` in an empty folder; `@name` is a model's directory."""
    monkeypatch.chdir(tmp_path)

    def rembert(line, code=0):
        arguments = [str(folder / word[1:]) if word.startswith("@") else word for word in line.split()]
        assert main.run(["export", *arguments]) == code
        return capsys.readouterr()

    return rembert


def test_onnx(rembert, tmp_path):
    printed = rembert("@run tagger_onnx --format onnx --max-length 16")
    assert printed.out == "tagger_onnx\n"
    assert "logits: differs from the Keras model by" in printed.err
    out = tmp_path / "tagger_onnx"
    assert {file.name for file in out.iterdir()} == {*FILES, "tokenizer_config.json", "model.onnx"}
    assert LOADED["onnx"](out).inputs["input_ids"] == ("batch", 16)
    card = (out / "model_card.md").read_text()
    assert "# RemBertForTokenClassification for ONNX Runtime" in card
    assert "ONNX opset 17" in card
    assert "| `input_ids` | int64 | [batch, 16] |" in card
    assert "labels, in the order of the logits: `LABEL_0`, `LABEL_1`, `LABEL_2`\n" in card
    assert all(line == line.rstrip() for line in card.splitlines())
    assert json.loads((out / "config.json").read_text())["architectures"] == ["RemBertForTokenClassification"]


def test_the_encoder_of_a_model_in_litert(rembert, tmp_path):
    rembert("@tagger encoder --format litert --architecture RemBertModel --hidden-states --dtype float16")
    loaded = LOADED["litert"](tmp_path / "encoder")
    assert set(loaded.outputs) == {"last_hidden_state", "hidden_states.0", "hidden_states.1"}


def test_a_causal_model_says_what_is_left_out(rembert, tmp_path):
    rembert("@writer writer --format litert --batch-size 1")
    card = (tmp_path / "writer/model_card.md").read_text()
    assert "no cache, no generation" in card


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "@tagger out --format onnx --version 2",
            "--version is no option of --format onnx, but of --format savedmodel",
        ),
        ("@tagger out --format litert --no-check", "rembert: --no-check is no option of --format litert"),
        ("@tagger out --format onnx --check", "rembert: --check is no option of --format onnx"),
        ("@tagger out --format onnx --no-warmup", "rembert: --no-warmup is no option of --format onnx"),
        ("@tagger out --format litert --aggregation words", "--aggregation is no option of --format litert"),
        ("@tagger out --batch-size 2", "--batch-size is no option of --format savedmodel, but of --format onnx or"),
        ("@tagger out --attentions", "--attentions is no option of --format savedmodel"),
        ("@tagger out --format onnx --dtype bfloat16", "must be one of float32, float16, int8"),
        ("@tagger out --dtype float16", "dtype must be one of float32, bfloat16, int8"),
        ("@tagger out --format onnx --max-length 99", "at most 32, the model's positions"),
        ("@tagger out --format onnx --attentions", "are outputs of a RemBertModel"),
        ("@tagger out --format tflite", "'tflite' is not one of 'savedmodel', 'onnx', 'litert'"),
        ("nowhere out --format onnx", "no model directory at 'nowhere'"),
    ],
)
def test_a_users_mistake_is_one_sentence_and_leaves_nothing(rembert, tmp_path, line, message):
    printed = rembert(line, code=2)
    assert message in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
