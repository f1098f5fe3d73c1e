"""Which language a file is in, told from its name."""

import re
from pathlib import Path

# A part of the name that is a code of two or three letters, with a region or script perhaps.
_CODE = re.compile(r"(?<![A-Za-z])([a-z]{2,3}(?:[_-](?:[A-Z]{2}|[A-Z][a-z]{3}))?)(?![A-Za-z])")
# Short words that stand in names beside the language.
_WORDS = {"dev", "ner", "pos", "csv", "tsv", "txt", "xz", "gz", "qa", "tag", "idx", "mlm", "clm", "all", "raw", "out"}


def languages_of(path):
    """Returns all language codes in a file's name, in order: `["de", "en"]` of `de-en.tsv`."""
    return [code for code in _CODE.findall(Path(path).name.split(".json")[0]) if code not in _WORDS]


def language_of(path):
    """Returns the language of a file, such as `de` of `test-de.tsv`, or "" where nothing tells.

    The last code in the name counts: in `test-context-en-question-de.json` that is the question's. Where the
    name has none, the folder's may: `x-final/de/test_2k.tsv`.

    Args:
        path: of the file.
    """
    return (languages_of(path) or languages_of(Path(path).parent.name) or [""])[-1]
