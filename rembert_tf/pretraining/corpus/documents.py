"""What passes through the pipeline: documents, and why a line is left out."""

import dataclasses
import hashlib

# Why a line is not in the corpus; each has the first reason that holds.
EMPTY = "empty"
TOO_LONG = "too long"
NOT_UTF8 = "not UTF-8"
CONTROL = "control character"
SURROGATE = "half of a surrogate pair"
NO_LETTERS = "no letters"
DUPLICATE = "duplicate"
NO_PIECES = "no pieces"
NOT_JSON = "not JSON"
NO_TEXT = "no text"
NOT_TWO_COLUMNS = "not two columns"


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """Lines that belong together.

    Args:
        place: (file's number, number of its first line): nothing else has it, and it gives the order.
        language: its code.
        lines: list of (line number, text); where it was only read, the text is bytes, or a string out of JSON.
        digest: of the whole text as it was before duplicates went; b"" until that is known.
    """

    place: tuple
    language: str
    lines: list
    digest: bytes = b""


@dataclasses.dataclass(frozen=True, slots=True)
class Pieces:
    """A document as ids.

    Args:
        place, language, digest: as the Document's.
        lines: how many it has.
        ids: int32 ids of all its lines, as bytes.
    """

    place: tuple
    language: str
    digest: bytes
    lines: int
    ids: bytes


def digest_of(*parts):
    """Returns 16 bytes that stand for strings, the same on every machine and day."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part.encode("utf-8"))
        digest.update(b"\n")  # which no line holds
    return digest.digest()


def share_of(digest):
    """Returns a number from 0 to 1 that a digest decides."""
    return int.from_bytes(digest[:8], "big") / 2**64


def number_of(digest):
    """Returns an integer that a digest decides, of other bits than `share_of`."""
    return int.from_bytes(digest[8:], "big")
