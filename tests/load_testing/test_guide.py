"""What docs/guides/capacity.md shows is true: its commands run, and its sums come out."""

import json
import os
import re
import shlex

import click
import pytest

from rembert_tf.cli.main import rembert, run
from rembert_tf.load_testing.capacity import UTILIZATION
from rembert_tf.load_testing.report import markdown
from rembert_tf.load_testing.settings import MAX_REQUESTS, MAX_SECONDS
from tests.load_testing.conftest import make_outcome
from tests.packaging.guide_files import GUIDES, blocks

TEXT = (GUIDES / "capacity.md").read_text(encoding="utf-8")
COMMANDS = [line for block in blocks("capacity", "sh") for line in block.splitlines()]
LOAD_TESTS = [line for line in COMMANDS if line.startswith("rembert load-test")]
# What is written after a command: the last one given counts. Rates are as the page has them, for a moment.
QUICK = "--requests 3 --warmup 0"
OPTIONS = {
    name for parameter in rembert.get_command(click.Context(rembert), "load-test").params for name in parameter.opts
}


@pytest.fixture
def type_command(server, tmp_path, monkeypatch, capfd):
    """Runs a line of the page; the server is one of this process."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "questions.txt").write_text("Wann?\nWo?\n")

    def type_command(line):
        line = line.replace("http://127.0.0.1:8501", server.rest_url).replace("grpc://127.0.0.1:8500", server.grpc_url)
        words = shlex.split(f"{line.replace('$!', str(os.getpid()))} {QUICK}")
        code = run(words[1:])
        printed = capfd.readouterr()
        assert code == 0, f"{line}: {printed.err}"
        return printed.out

    return type_command


@pytest.mark.parametrize("line", LOAD_TESTS)
def test_commands(line, type_command, tmp_path):
    printed = type_command(line)
    if "--json" in line:
        assert json.loads(printed)["points"]
    else:
        assert printed.count("\n| ") >= 2
    if "--output" in line:
        folder = tmp_path / shlex.split(line)[shlex.split(line).index("--output") + 1]
        assert {path.name for path in folder.iterdir()} == {f"load-test.{kind}" for kind in ("json", "md", "png")}


def test_there_are_commands_of_each_kind():
    assert any("--rate" in line for line in LOAD_TESTS) and any("--target-p99" in line for line in LOAD_TESTS)
    assert any(line.startswith("rembert serve") and line.endswith("&") for line in COMMANDS)
    assert {line.split()[1] for line in COMMANDS if line.startswith("rembert ")} == {"export", "serve", "load-test"}


def test_options_and_limits():
    said = set(re.findall(r"`(--[a-z][a-z0-9-]*)", TEXT.partition("| option |")[2]))
    assert said <= OPTIONS
    assert f"{MAX_SECONDS:,} seconds" in TEXT and f"{MAX_REQUESTS:,} requests" in TEXT
    assert f"{UTILIZATION:.0%}".replace("%", " %") in TEXT


def test_every_column_is_explained():
    header = re.search(r"^\| texts a request.*$", markdown(make_outcome([])), re.MULTILINE)[0]
    explained = re.search(r"\| column \|.*?\n\n", TEXT, re.DOTALL)[0]
    for column in (cell.strip() for cell in header.strip("|").split("|")):
        assert column.removesuffix(" ms") in explained, column


def test_sums_come_out():
    """Every `a x b = c`, `a / b = c` and `a + b = c` of the page, to the digits that are shown."""
    sums = re.findall(r"([\d,.]*\d) (x|/|\+) ([\d,.]*\d) = ([\d,.]*\d)", TEXT)
    assert len(sums) >= 5
    for left, sign, right, shown in sums:
        a, b, c = (float(number.replace(",", "")) for number in (left, right, shown))
        digits = len(shown.partition(".")[2])
        found = {"x": a * b, "/": a / b, "+": a + b}[sign]
        assert abs(found - c) <= 0.51 * 10**-digits, f"{left} {sign} {right} = {shown}"
