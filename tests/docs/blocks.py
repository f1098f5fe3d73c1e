"""Every fenced block of the README and the documentation."""

import dataclasses
import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)(?P=fence) *$",
    re.DOTALL | re.MULTILINE,
)
TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
PROMPT = "$ "
# What ends one command of a line and begins another.
SEPARATORS = {"&&", "||", "|", ";", "&", ">", ">>", "<", "2>"}


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block.

    Args:
        page: path of its file in the repository.
        line: where its fence stands, from 1.
        language: behind the fence; "" where nothing is.
        text: what it holds.
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def first_line(self):
        """Its first line, by which a table may name it."""
        return next((line.strip() for line in self.text.splitlines() if line.strip()), "")

    def __str__(self):
        return f"{self.page}:{self.line}"


def pages():
    """Returns the paths of all Markdown files, in the repository."""
    return [*TOP, *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))]


def read_page(page):
    """Returns a page's text."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks_of(page):
    """Returns the blocks of a page."""
    text = read_page(page)
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match["language"].strip(), match["text"])
        for match in FENCE.finditer(text)
    ]


def all_blocks():
    """Returns the blocks of all pages."""
    return [block for page in pages() for block in blocks_of(page)]


def without_blocks(text):
    """Returns a page's text without its blocks."""
    return FENCE.sub("", text)


def commands(block, program):
    """Yields the words behind a program's name, one at least, wherever a block's lines call it.

    Args:
        block: of a console, only lines behind a prompt are commands; lines that end in a backslash go on in the next.
        program: `rembert`, say; a folder may stand before it.
    """
    lines = block.text.replace("\\\n", " ").splitlines()
    for line in lines if block.language != "console" else [line for line in lines if line.startswith(PROMPT)]:
        words = _words(line.strip().removeprefix(PROMPT))
        for at, word in enumerate(words):
            called = word == program or word.endswith(f"/{program}")
            if called and all("=" in before for before in _of_the_same_command(words[:at])):
                end = next((stop for stop in range(at, len(words)) if words[stop] in SEPARATORS), len(words))
                yield from [words[at + 1 : end]] if end > at + 1 else []


def _of_the_same_command(words):
    last = max((at for at, word in enumerate(words) if word in SEPARATORS), default=-1)
    return words[last + 1 :]


def _words(line):
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # an output with an apostrophe
        return []
