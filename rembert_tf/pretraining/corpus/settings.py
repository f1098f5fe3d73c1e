"""What decides how a corpus is made."""

import dataclasses

from rembert_tf.errors import InputError
from rembert_tf.pretraining.corpus.labels import check_language

SHORTEST_ROW = 3  # [CLS], a piece, [SEP]


@dataclasses.dataclass(frozen=True)
class CorpusSettings:
    """How texts become rows.

    Args:
        max_length: most ids in a row, [CLS] and [SEP] included.
        held_out: share of the documents that are kept from training.
        shard_rows: most rows in a file.
        language: code of all text whose line does not name its own; None takes it from the files' names.
        deduplicate: whether of equal lines of a language the first alone stays.
        languages_from_column: the column of `.tsv` files with the language code, from 1; the other is the text.
        bucket_pieces: about how many pieces are packed in one piece of work: more buckets, more workers.
    """

    max_length: int = 512
    held_out: float = 0.005
    shard_rows: int = 20_000
    language: str | None = None
    deduplicate: bool = True
    languages_from_column: int | None = None
    bucket_pieces: int = 2_000_000

    def __post_init__(self):
        if self.max_length < SHORTEST_ROW:
            raise InputError(f"max_length must be at least {SHORTEST_ROW}, not {self.max_length}.")
        if not 0 <= self.held_out < 1:
            raise InputError(f"held_out must be at least 0 and below 1, not {self.held_out}.")
        for name in ("shard_rows", "bucket_pieces"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.languages_from_column not in (None, 1, 2):
            raise InputError(f"languages_from_column must be 1 or 2, not {self.languages_from_column}.")
        if self.language is not None:
            check_language(self.language, "language")
