"""docs/troubleshooting.md: every message of ours stands in the source, and every command can be typed."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rembert_tf.cli.main import COMMANDS, rembert

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
PACKAGES = ("rembert_tf", "serving", "checkpoints_tools")
ANYTHING = "\0"  # in the place of what an f-string fills in


def tables():
    """Yields (section, first header, cells) for each row."""
    section, header = "", ""
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] if line.startswith("|") else []
        if line.startswith("#"):
            section = line.lstrip("# ")
        elif cells and cells[1] == "why":
            header = cells[0]
        elif cells and not set(cells[0]) <= {"-"}:
            yield section, header, cells


def quoted(header):
    """Returns the messages of the rows below a header."""
    return [code for _, of, cells in tables() if of == header for code in re.findall(r"`([^`]+)`", cells[0])]


def sentences():
    """Returns the texts of the packages' code, docstrings aside, with ANYTHING where something is filled in."""
    found = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr):
                    parts = [part.value if isinstance(part, ast.Constant) else ANYTHING for part in node.values]
                    found.append("".join(parts))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                    found.append(node.value)
    return found


SENTENCES = sentences()


def is_said(message, texts):
    """Whether a text has a message's parts in their order, with something filled in where it has an ellipsis."""
    parts = [re.escape(part.strip()) for part in message.split("…") if part.strip()]
    pattern = re.compile(rf"[^{ANYTHING}]*{ANYTHING}.*?".join(parts) if len(parts) > 1 else parts[0], re.DOTALL)
    return any(pattern.search(text) for text in texts)


@pytest.mark.parametrize("message", quoted("message"))
def test_our_messages_are_in_the_source(message):
    assert is_said(message, SENTENCES)


def test_the_search_finds_no_invention():
    assert len(SENTENCES) > 3000 and len(quoted("message")) > 50
    assert not is_said("the moon is … at step …", SENTENCES)
    assert not is_said("the loss is … at step nine", SENTENCES)


@pytest.mark.parametrize("message", quoted("elsewhere"))
def test_messages_of_others_are_not_ours(message):
    assert not is_said(message, [text for text in SENTENCES if " " in text])


def test_every_row_says_why_and_what_to_do():
    rows = list(tables())
    assert all(len(cells) == 3 and all(cells) for _, _, cells in rows)
    assert {header for _, header, _ in rows} == {"message", "elsewhere"}
    firsts = [cells[0] for _, _, cells in rows]
    assert len(set(firsts)) == len(firsts)


def options_of(name):
    command = rembert.get_command(click.Context(rembert), name)
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def test_options_that_are_named_exist():
    known = set().union({"--debug"}, *map(options_of, COMMANDS))
    named = set(re.findall(r"`(--[a-z][a-z-]*)", TEXT))
    assert named and named <= known


def test_commands_that_are_named_exist():
    for code in re.findall(r"`(rembert [^`]+)`", TEXT):
        words = shlex.split(code)
        assert words[1] in COMMANDS, code
        assert {word for word in words if word.startswith("--")} <= options_of(words[1]), code


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)", TEXT)
    assert links and all((ROOT / "docs" / link).is_file() for link in links)


@pytest.mark.slow
def test_first_steps_run():
    [block] = re.findall(r"^```console\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    lines = [shlex.split(line.removeprefix("$ ")) for line in block.splitlines()]
    ended = [subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True) for words in lines]
    assert [words[0] for words in lines] == ["python"] * 3
    assert [step.returncode for step in (ended[0], ended[2])] == [0, 0], ended
    assert ended[1].stdout  # whether this environment is in order is its own affair
