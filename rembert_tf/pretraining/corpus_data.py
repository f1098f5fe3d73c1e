"""A prepared corpus as a pre-training reads it: its languages, their rows, and the vocabulary they are written in."""

import dataclasses
import hashlib
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.pretraining.corpus_folder import HELD_OUT, MANIFEST, PARTS, TRAIN, read_manifest
from rembert_tf.pretraining.row_index import row_index
from rembert_tf.tokenization.vocabulary import VOCABULARY_FILE, read_vocabulary_file

ROWS = {TRAIN: "rows", HELD_OUT: "held_out_rows"}  # what the manifest calls them


@dataclasses.dataclass(frozen=True)
class CorpusData:
    """An opened corpus.

    Args:
        path: its folder.
        max_length: pieces of the longest row.
        vocabulary_hash: SHA-256 of the SentencePiece model.
        vocab_size: tokens of the tokenizer.
        train: {language: RowIndex}, by name.
        held_out: {language: RowIndex}, those that have any.
    """

    path: Path
    max_length: int
    vocabulary_hash: str
    vocab_size: int
    train: dict
    held_out: dict

    @property
    def vocabulary(self):
        """Path of the SentencePiece model."""
        return self.path / VOCABULARY_FILE

    @property
    def asked(self):
        """What `run.json` says about it: a run that goes on must find the same rows."""
        rows = {part: {code: len(index) for code, index in getattr(self, part).items()} for part in PARTS}
        return {"sentencepiece_sha256": self.vocabulary_hash, "corpus_rows": rows}

    def check_vocabulary(self, tokenizer, owner):
        """Raises an InputError unless a tokenizer gives ids the meaning that they have here.

        Args:
            tokenizer: of the family.
            owner: what it belongs to, for messages.
        """
        found = hashlib.sha256(tokenizer.vocabulary.model).hexdigest()
        if found != self.vocabulary_hash or len(tokenizer) < self.vocab_size:
            ours, theirs = (
                f"{size} tokens, SHA-256 {digest[:12]}"
                for size, digest in ((self.vocab_size, self.vocabulary_hash), (len(tokenizer), found))
            )
            raise InputError(
                f"the corpus {str(self.path)!r} was prepared with another vocabulary ({ours}) than that of {owner} "
                f"({theirs}): prepare the text anew with it, or begin with new weights."
            )


def open_corpus(path):
    """Returns the CorpusData of a folder that `rembert prepare-corpus` wrote; its shards are read when it is new.

    Raises:
        MissingFileError: there is none, or a shard is missing.
        InputError: a file in it is empty or damaged, or nothing can be learnt or held out.
    """
    manifest, found = read_manifest(path), hashlib.sha256(read_vocabulary_file(path)).hexdigest()
    if manifest.get("sentencepiece_sha256") != found:
        raise InputError(f"{str(path)!r} is damaged: its {VOCABULARY_FILE} is not that of which {MANIFEST} tells.")
    parts = {part: _indexes(path, part, manifest) for part in PARTS}
    for part, lacking in ((TRAIN, "rows to learn from"), (HELD_OUT, "held-out rows; a larger --held-out keeps some")):
        if not parts[part]:
            raise InputError(f"the corpus {str(path)!r} has no {lacking}.")
    return CorpusData(Path(path), manifest["max_length"], found, manifest["vocab_size"], **parts)


def _indexes(path, part, manifest):
    """Returns {language: RowIndex} of the languages that have rows in a part."""
    found = {}
    for language in sorted(manifest[part]):
        shards = [Path(path) / shard for shard in manifest[part][language]]
        if not shards:
            continue
        index = row_index(path, f"{part}-{language}", shards, manifest["vocab_size"], manifest["max_length"])
        expected = manifest["languages"].get(language, {}).get(ROWS[part])
        if len(index) != expected:
            raise InputError(
                f"the corpus {str(path)!r} is not whole: its {MANIFEST} says {expected} rows of {language} in {part}, "
                f"its shards hold {len(index)}."
            )
        found[language] = index
    return found
