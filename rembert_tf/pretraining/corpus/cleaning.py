"""Which lines are text: what is left out and why, and where long lines are cut."""

import re

from rembert_tf.pretraining.corpus.documents import (
    CONTROL,
    EMPTY,
    NO_LETTERS,
    NOT_UTF8,
    SURROGATE,
    Document,
    digest_of,
)

LONGEST_TEXT = 10_000  # characters that SentencePiece gets at once
# White space is none of them: tab, line ends, form feed, next line.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SENTENCE_END = re.compile(r"[.!?…։।॥؟۔።។]['\"»”’)\]]*\s|[。！？｡]['\"」』）”’]*")
_SPACE = re.compile(r"\s")


def clean_document(document):
    """Decodes a document's lines and leaves out those that are no text.

    A text stays as it is, but for white space at its ends: normalization is the vocabulary's.

    Args:
        document: as it was read.

    Returns:
        (a Document of strings with its digest, or None where no line is left; list of (reason, (file, line))).
    """
    kept, rejected = [], []
    for number, line in document.lines:
        text, reason = _clean(line)
        if reason:
            rejected.append((reason, (document.place[0], number)))
        else:
            kept.append((number, text))
    if not kept:
        return None, rejected
    digest = digest_of(document.language, *(text for _, text in kept))
    return Document(document.place, document.language, kept, digest), rejected


def _clean(line):
    """Returns (text, None), or (None, reason)."""
    if isinstance(line, bytes):
        try:
            line = line.decode("utf-8")
        except UnicodeDecodeError:
            return None, NOT_UTF8
    text = line.strip()
    if not text:
        return None, EMPTY
    if _SURROGATE.search(text):
        return None, SURROGATE
    if _CONTROL.search(text):
        return None, CONTROL
    if not any(map(str.isalpha, text)):
        return None, NO_LETTERS
    return text, None


def short_parts(text, longest=LONGEST_TEXT):
    """Returns a text in parts that together are the text.

    Args:
        text: a string.
        longest: most characters of a part. A part ends behind a sentence if it can, else behind white space, and
            within a word only where its second half has neither.
    """
    parts = []
    while len(text) > longest:
        cut = _last_end(_SENTENCE_END, text, longest) or _last_end(_SPACE, text, longest) or longest
        parts.append(text[:cut])
        text = text[cut:]
    return [*parts, text]


def _last_end(pattern, text, longest):
    ends = [found.end() for found in pattern.finditer(text, longest // 2, longest)]
    return ends[-1] if ends else None
