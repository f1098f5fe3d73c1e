"""Vocabularies of every kind, and what a directory holds as other programs read it."""

import functools
import hashlib
from pathlib import Path

import sentencepiece

from tests.golden import fixture
from tests.tokenization.small_models import trained_model

KINDS = {
    "bpe": {"model_type": "bpe"},
    "bpe bytes": {"model_type": "bpe", "byte_fallback": True, "vocab_size": 700},
    "char": {"model_type": "char"},
    "word": {"model_type": "word"},
    "lower-cased unigram": {"normalization_rule_name": "nmt_nfkc_cf"},
}


@functools.cache
def vocabulary(name):
    """Returns a SentencePiece model: one of the fixtures, or a small one of a kind."""
    if name in KINDS:
        return trained_model(**KINDS[name])
    return fixture(f"tokenizer/models/{name}/sentencepiece.model").read_bytes()


def digests(directory):
    """Returns {file: digest} of a directory."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(directory).rglob("*")
        if path.is_file()
    }


def processor_of(directory):
    return sentencepiece.SentencePieceProcessor(model_file=str(directory / "sentencepiece.model"))


def pieces_of(processor):
    return [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
