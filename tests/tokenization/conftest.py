"""The three vocabularies, their recorded tokenizations, both engines, and the reference in Python."""

import dataclasses
import functools
import json
from pathlib import Path

import pytest

from rembert_tf import RemBertTokenizer, RemBertTokenizerFast
from tests.golden import fixture, tokenizer_golden
from tests.tokenization.reference import Reference

VOCABULARIES = ("oss_1k", "ctrl_16k", "udef_bytes_8k")
ENGINES = {"python": RemBertTokenizer, "fast": RemBertTokenizerFast}


@dataclasses.dataclass(frozen=True, repr=False)
class Vocabulary:
    """One vocabulary: where it lies, what was recorded with it, and both tokenizers on it."""

    name: str
    directory: Path
    golden: dict
    tokenizer: RemBertTokenizerFast
    python: RemBertTokenizer
    reference: Reference

    @property
    def model(self):
        """The SentencePiece model, as bytes."""
        return (self.directory / "sentencepiece.model").read_bytes()

    def engine(self, name):
        """Returns the tokenizer of one engine."""
        return {"python": self.python, "fast": self.tokenizer}[name]


@functools.cache
def load(name):
    golden, directory = tokenizer_golden(name), fixture(f"tokenizer/models/{name}")
    reference = Reference((directory / "sentencepiece.model").read_bytes(), golden["special_ids"])
    engines = [make.from_pretrained(directory) for make in (RemBertTokenizerFast, RemBertTokenizer)]
    return Vocabulary(name, directory, golden, *engines, reference)


@pytest.fixture(scope="session", params=VOCABULARIES)
def vocabulary(request):
    return load(request.param)


@pytest.fixture(scope="session")
def oss():
    """The vocabulary that is tested where the three cannot differ."""
    return load("oss_1k")


@pytest.fixture(scope="session")
def udef():
    """The vocabulary with byte pieces."""
    return load("udef_bytes_8k")


@pytest.fixture(scope="session", params=ENGINES)
def engine(request):
    """The name of an engine."""
    return request.param


@pytest.fixture(scope="session")
def make(engine):
    """The class of an engine."""
    return ENGINES[engine]


@pytest.fixture(scope="session")
def texts():
    """The 298 texts."""
    return [entry["text"] for entry in json.loads(fixture("tokenizer/strings.json").read_text("utf-8"))]
