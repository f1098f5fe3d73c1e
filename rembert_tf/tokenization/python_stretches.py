"""Texts as SentencePiece sees them, in Python: stretches between literals, lower-cased, and their characters.

The same rules as `literals` and `character_spans` have for tensors. Texts are UTF-8 bytes, valid or not.
"""

import bisect
import itertools
import re

# Every character that str.isspace knows.
_SPACES = [chr(number) for number in range(0x3001) if chr(number).isspace()]
_TRAILING_SPACE = re.compile(b"(?:" + b"|".join(re.escape(space.encode()) for space in _SPACES) + rb")+\Z")


def splitter(literals):
    """Returns what cuts a text at the spellings of special tokens, the longer one where two begin together.

    Args:
        literals: the spellings, as bytes.

    Returns:
        Function of UTF-8 bytes that returns a list of stretches: ordinary ones at even positions, maybe
        empty, literals at odd ones.
    """
    if not literals:
        return lambda text: [text]
    longest_first = sorted(literals, key=len, reverse=True)
    return re.compile(b"(" + b"|".join(map(re.escape, longest_first)) + b")").split


def without_trailing_space(text):
    """Returns a text without the white space at its end."""
    return _TRAILING_SPACE.sub(b"", text)


def lowered_characters(text):
    """Returns the characters of a text in lower case, each as UTF-8 bytes."""
    return [character.lower().encode() for character in text.decode("utf-8", errors="replace")]


def character_lengths(text):
    """Returns how many bytes each character of a text has."""
    lengths = []
    while text:
        try:
            return lengths + [len(character.encode()) for character in text.decode("utf-8")]
        except UnicodeDecodeError as problem:
            lengths += [len(character.encode()) for character in text[: problem.start].decode("utf-8")]
            lengths.append(problem.end - problem.start)
            text = text[problem.end :]
    return lengths


def character_spans(spans, lengths):
    """Turns spans of bytes into spans of characters.

    Args:
        spans: list of (start, end) bytes.
        lengths: list of the characters' bytes.

    Returns:
        List of (start, end): the characters that the bytes touch; an empty span stays empty.
    """
    ends = list(itertools.accumulate(lengths))
    starts = [0, *ends[:-1]] if ends else []
    found = []
    for start, end in spans:
        first = bisect.bisect_right(ends, start)
        found.append((first, first if start == end else bisect.bisect_left(starts, end)))
    return found
