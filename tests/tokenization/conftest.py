"""The three vocabularies, their recorded tokenizations, and the reference in Python."""

import dataclasses
import functools
import json
from pathlib import Path

import pytest

from rembert_tf import RemBertTokenizerFast
from tests.golden import fixture, tokenizer_golden
from tests.tokenization.reference import Reference

VOCABULARIES = ("oss_1k", "ctrl_16k", "udef_bytes_8k")


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """One vocabulary: where it lies, what was recorded with it, and both tokenizers on it."""

    name: str
    directory: Path
    golden: dict
    tokenizer: RemBertTokenizerFast
    reference: Reference

    @property
    def model(self):
        """The SentencePiece model, as bytes."""
        return (self.directory / "sentencepiece.model").read_bytes()


@functools.cache
def load(name):
    golden, directory = tokenizer_golden(name), fixture(f"tokenizer/models/{name}")
    reference = Reference((directory / "sentencepiece.model").read_bytes(), golden["special_ids"])
    return Vocabulary(name, directory, golden, RemBertTokenizerFast.from_pretrained(directory), reference)


@pytest.fixture(scope="session", params=VOCABULARIES)
def vocabulary(request):
    return load(request.param)


@pytest.fixture(scope="session")
def oss():
    """The vocabulary that is tested where the three cannot differ."""
    return load("oss_1k")


@pytest.fixture(scope="session")
def texts():
    """The 298 texts."""
    return [entry["text"] for entry in json.loads(fixture("tokenizer/strings.json").read_text("utf-8"))]
