"""What docs/guides/onnx_litert.md shows is true: its commands and programs run in their order, and agree."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForSequenceClassification, RemBertTokenizer
from rembert_tf.cli.main import run
from rembert_tf.serving.portable.formats import LIMITS
from tests.packaging.guide_files import GUIDES, blocks
from tests.packaging.serving_reader import commands_and_outputs

TEXT = (GUIDES / "onnx_litert.md").read_text(encoding="utf-8")
CONSOLE = [pair for block in blocks("onnx_litert", "console") for pair in commands_and_outputs(block)]
OURS, PLAIN, LITERT, EXPORTS = blocks("onnx_litert", "python")
TEXTS = ["Passwort vergessen?", "昨日の午後三時"]


@pytest.fixture(scope="module")
def reader(tmp_path_factory, text_config, small_vocabulary):
    """A folder with the guide's model, in which its commands were typed; the model, and what it answers."""
    folder = tmp_path_factory.mktemp("guide")
    tokenizer = RemBertTokenizer.from_pretrained(small_vocabulary)
    config = text_config.replace(
        num_hidden_layers=1, max_position_embeddings=128, id2label={0: "accounts", 1: "dates", 2: "forms"}
    )
    keras.utils.set_random_seed(1)
    model = RemBertForSequenceClassification(config)
    model.save_pretrained(folder / "runs/topic/best")
    tokenizer.save_pretrained(folder / "runs/topic/best")
    batch = {name: np.array(rows) for name, rows in tokenizer(TEXTS, padding=True).items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command, _ in CONSOLE:
            assert run(command.split()[1:]) == 0
    return folder, model, model(batch).numpy()


@pytest.fixture
def program(reader, monkeypatch, capsys):
    """Runs one of the guide's programs; returns its names and what it printed."""
    monkeypatch.chdir(reader[0])

    def program(source):
        names = {}
        exec(compile(source, "onnx_litert.md", "exec"), names)
        return names, capsys.readouterr().out

    return program


def test_commands_print_what_is_shown(reader):
    for command, shown in CONSOLE:
        assert shown == f"{command.split()[3]}\n"
        assert Path(reader[0], command.split()[3], "model_card.md").exists()


def test_ids_of_our_tokenizer(program, reader):
    _, model, expected = reader
    names, printed = program(OURS)
    np.testing.assert_allclose(names["logits"], expected, atol=1e-5)
    assert printed == f"{[model.config.id2label[row.argmax()] for row in expected]}\n"


def test_ids_of_sentencepiece_alone(program, reader):
    assert "rembert_tf" not in PLAIN
    assert len(PLAIN.strip().splitlines()) <= 18
    names, _ = program(PLAIN)
    np.testing.assert_allclose(names["logits"], reader[2], atol=1e-5)


def test_litert(program, reader):
    names, _ = program(LITERT)
    inputs = {name: np.array(rows, np.int32) for name, rows in names["batch"].items()}
    np.testing.assert_allclose(names["answer"](**inputs)["logits"], reader[2], atol=0.01)


@pytest.mark.slow
def test_exports_in_python(program, reader):
    names, printed = program(EXPORTS)
    assert names["seen"].largest > 0
    assert re.fullmatch(r"0\.\d{4} where numbers go up to \d\.\d\n", printed)
    assert (reader[0] / "topic_phone/model.tflite").exists()


def test_limits_are_those_of_the_code():
    for dtype, limit in LIMITS.items():
        assert re.search(rf"^\| `{dtype}`.* \| {limit:g} \|$", TEXT, flags=re.MULTILINE), dtype


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert target.startswith("https://") or (GUIDES / target).exists(), target
