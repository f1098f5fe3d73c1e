"""Every block of the documentation is run by a test, or is parsed and has a reason why nobody runs it."""

import ast
import functools
import json
import re

import click
import pytest
import yaml

from rembert_tf.cli.main import COMMANDS, rembert
from tests.docs.blocks import ROOT, all_blocks, commands, pages, read_page, without_blocks
from tests.docs.claims import NOT_RUN, RUN_BY, claimed_tests, reason
from tests.docs.programs import PAGES_RUN_HERE

BLOCKS = all_blocks()
# A placeholder of a guide, which no command takes: the rest of the line is left out by its writer.
LEFT_OUT = "…"
DATA = {"json": json.loads, "yaml": yaml.safe_load, "yml": yaml.safe_load}


def fate(block):
    """Returns what becomes of a block: the test that runs it, or why none does; None if nobody has thought of it."""
    if reason(block):
        return reason(block)
    if block.language == "python" and block.page in PAGES_RUN_HERE:
        return "tests/docs/test_programs.py::test_programs_run"
    if block.language == "mermaid":
        return "tests/docs/test_site.py::test_diagrams_are_drawn"
    parsed = "test_data_is_well_formed" if block.language in DATA else None
    return RUN_BY.get(block.page, {}).get(block.language, parsed)


@pytest.mark.parametrize("page", pages())
def test_fences_are_in_pairs(page):
    fences = re.findall(r"^ *(?:`{3,}|~{3,})", read_page(page), re.MULTILINE)
    assert len(fences) == 2 * sum(block.page == page for block in BLOCKS)


def test_every_block_is_accounted_for():
    forgotten = [f"{block} ({block.language}): {block.first_line}" for block in BLOCKS if fate(block) is None]
    assert not forgotten, "run them in a test and name it in tests/docs/claims.py:\n" + "\n".join(forgotten)


def test_claims_are_of_blocks_that_are_there():
    there = {(block.page, block.language) for block in BLOCKS}
    claimed = {(page, language) for page, languages in RUN_BY.items() for language in languages}
    assert claimed <= there, claimed - there
    for page, start in NOT_RUN:
        begun = [block for block in BLOCKS if block.page == page and block.first_line.startswith(start)]
        assert len(begun) == 1, f"{page}: {len(begun)} blocks begin with {start!r}"


@functools.cache
def functions_of(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("claim", claimed_tests())
def test_claimed_tests_exist(claim):
    path, name = claim.split("::")
    assert name in functions_of(path)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language in DATA], ids=str)
def test_data_is_well_formed(block):
    if block.language == "json" and len(block.text.splitlines()) > 1:
        try:
            json.loads(block.text)
        except json.JSONDecodeError:  # JSON lines
            assert [json.loads(line) for line in block.text.splitlines()]
    else:
        assert DATA[block.language](block.text) is not None


# Outputs that begin like a command.
MESSAGES = (["serve", "listens"],)
CALLS = [(str(block), words) for block in BLOCKS for words in commands(block, "rembert") if words[:2] not in MESSAGES]


@pytest.mark.parametrize(("place", "words"), CALLS, ids=[f"{place}-{words[0]}" for place, words in CALLS])
def test_commands_can_be_typed(place, words):
    """Parsed by the command itself: no unknown option, no missing argument, no impossible value."""
    if LEFT_OUT in words:
        words = [*words[: words.index(LEFT_OUT)], *_required(words)]
    parse(words)


def _required(words):
    """Returns what the parts left out of a training's line must have held, and what follows them."""
    return [*words[words.index(LEFT_OUT) + 1 :], "--model", "DIR", "--train", "FILE", "--dev", "FILE"]


def parse(words):
    """Parses a command line and runs nothing; 1 stands for a variable of the shell."""
    words = [re.sub(r"\$(!|\w+)", "1", word) for word in words if word != "--debug"]
    if words[0].startswith("-"):
        assert words[0] in ("--help", "--version", "-h")
        return
    assert words[0] in COMMANDS, words[0]
    command = rembert.get_command(click.Context(rembert), words[0])
    if "--help" not in words:
        command.make_context(words[0], words[1:])


def test_there_are_commands():
    """So that the test above cannot pass for want of any."""
    assert len(CALLS) > 80 and {words[0] for _, words in CALLS} >= {
        "finetune",
        "export",
        "serve",
        "convert",
        "pretrain",
    }


@pytest.mark.parametrize("page", pages())
def test_commands_in_sentences_have_their_options(page):
    known = {name: rembert.get_command(click.Context(rembert), name) for name in COMMANDS}
    for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", without_blocks(read_page(page))):
        words = code.split()
        if words[0] != "rembert" or len(words) == 1 or words[1].startswith("-") or not words[1].islower():
            continue
        assert words[1] in known, code
        spelled = {
            option for parameter in known[words[1]].params for option in parameter.opts + parameter.secondary_opts
        }
        said = {word.partition("=")[0] for word in words[2:] if re.match(r"--[a-z]", word)}
        assert said <= spelled | {"--debug", "--help"}, code


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {words[0] for block in BLOCKS for words in commands(block, "make")}
    assert called and called <= targets
