"""Two corpora with some translations among them, from BUCC's files."""

import dataclasses
import re
from collections import defaultdict
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.text_files.opening import OPENERS, open_text

FORMATS = "de-en.dev.de, de-en.dev.en and de-en.dev.gold"
_NAME = re.compile(r"(([a-z]{2,3})-en\.(dev|test|sample|training))\.([a-z]{2,4})")
# BUCC's names of the splits, and what XTREME's download script makes of them.
_SPLITS = {"sample": "dev", "training": "test"}
DEV, TEST = "dev", "test"


@dataclasses.dataclass(frozen=True)
class Corpus:
    """Sentences with ids.

    Args:
        ids: list of strings, each once.
        texts: list of as many sentences.
    """

    ids: list
    texts: list

    def __len__(self):
        return len(self.ids)


@dataclasses.dataclass(frozen=True)
class ComparableTexts:
    """A corpus in another language and an English one.

    Args:
        language: of the other one.
        split: "dev" or "test".
        source: Corpus in that language.
        target: English Corpus.
        gold: set of (source id, target id), the translations; None where nobody told.
        place: the files, for messages.
    """

    language: str
    split: str
    source: Corpus
    target: Corpus
    gold: set | None
    place: str

    def __len__(self):
        return len(self.source)


def read_comparable_texts(paths):
    """Reads BUCC's files: per language and split two of `id<TAB>sentence`, and one of `id<TAB>id` if known.

    Args:
        paths: list of files, plain, .gz or .xz, named as BUCC or XTREME's download script name them.

    Returns:
        List of ComparableTexts, in the order of the files.

    Raises:
        MissingFileError: a file does not exist.
        InputError: a name is of another kind; a file is missing or given twice; a line is malformed; an id
            occurs twice; or a gold id does not exist.
    """
    groups = defaultdict(dict)
    for path in paths:
        path = Path(path)
        match = _NAME.fullmatch(path.stem if path.suffix.lower() in OPENERS else path.name)
        if match is None or match[4] not in (match[2], "en", "gold"):
            raise InputError(f"{str(path)!r} is not named as BUCC's files are: expected {FORMATS}.")
        files = groups[match[2], _SPLITS.get(match[3], match[3])]
        if match[4] in files:
            raise InputError(f"{path}: {files[match[4]]} holds the same part already.")
        files[match[4]] = path
    return [_read_group(language, split, files) for (language, split), files in groups.items()]


def _read_group(language, split, files):
    for part in (language, "en"):
        if part not in files:
            raise InputError(
                f"{next(iter(files.values()))}: the file that ends in .{part} is missing beside it; expected {FORMATS}."
            )
    source, target = _corpus(files[language]), _corpus(files["en"])
    gold = _gold(files["gold"], source, target) if "gold" in files else None
    return ComparableTexts(language, split, source, target, gold, f"{files[language]} and {files['en']}")


def _corpus(path):
    ids, texts = [], []
    seen = set()
    for number, (name, text) in _rows(path, "an id, a tab and a sentence"):
        if name in seen:
            raise InputError(f"{path}, line {number}: the id {name!r} occurs twice.")
        seen.add(name)
        ids.append(name)
        texts.append(text)
    if not ids:
        raise InputError(f"{str(path)!r} is empty: expected an id, a tab and a sentence a line.")
    return Corpus(ids, texts)


def _gold(path, source, target):
    pairs = set()
    sides = set(source.ids), set(target.ids)
    for number, pair in _rows(path, "two ids with a tab between them"):
        for name, known in zip(pair, sides, strict=True):
            if name not in known:
                raise InputError(f"{path}, line {number}: no sentence has the id {name!r}.")
        pairs.add(pair)
    return pairs


def _rows(path, expected):
    for number, line in enumerate(open_text(path), start=1):
        cells = tuple(cell.strip() for cell in line.rstrip("\r\n").split("\t", 1))
        if len(cells) != 2 or not all(cells):
            raise InputError(f"{path}, line {number}: expected {expected}.")
        yield number, cells
