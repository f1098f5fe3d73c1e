"""What the README shows is true: its Python runs, its links lead somewhere, its commands exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from rembert_tf.cli.main import COMMANDS, rembert

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
SHELL = [line for block in re.findall(r"```\n(.*?)```", README, flags=re.DOTALL) for line in block.splitlines()]
PARAMETERS = re.compile(r"--[a-z][a-z-]*")


@pytest.mark.parametrize("code", PYTHON)
def test_python_runs(code, text_config, small_tokenizer, tmp_path, monkeypatch, capsys):
    """With a small model where the demo leaves its own."""
    from rembert_tf import RemBertForSequenceClassification

    monkeypatch.chdir(tmp_path)
    directory = "runs/demo/training/best"
    RemBertForSequenceClassification(text_config).save_pretrained(directory)
    small_tokenizer.save_pretrained(directory)
    exec(compile(code, "README.md", "exec"), {})
    labels = re.findall("'(LABEL_[0-9])'", capsys.readouterr().out)
    assert len(labels) == 2
    assert (tmp_path / "mine" / "model.safetensors").is_file()


def test_there_is_python():
    assert len(PYTHON) == 1


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    local = [link for link in links if "://" not in link]
    assert local
    assert not [link for link in local if not (ROOT / link).exists()]


@pytest.mark.parametrize("line", [line for line in SHELL if re.match(r"(\.venv/bin/)?rembert ", line)])
def test_commands_and_their_options_exist(line):
    words = shlex.split(line)[1:]
    assert words[0] in COMMANDS
    command = rembert.get_command(click.Context(rembert), words[0])
    known = {option for parameter in command.params for option in parameter.opts}
    assert set(PARAMETERS.findall(" ".join(words[1:]))) <= known


def test_no_block_is_empty():
    """Outputs are pasted from a run: an empty one was forgotten."""
    assert "```\n```" not in README
