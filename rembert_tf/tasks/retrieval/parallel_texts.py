"""Parallel sentences from Tatoeba's files: one table, or two files whose lines correspond."""

import dataclasses
import re
from collections import defaultdict
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.tasks.retrieval.language_codes import two_letters
from rembert_tf.text_files.languages import languages_of
from rembert_tf.text_files.opening import OPENERS, open_text

FORMATS = "de-en.tsv (sentence, tab, English), or the two files tatoeba.deu-eng.deu and .eng or de-en.de and .en"
ENGLISH = ("en", "eng")
# So many lines do not stand in alphabetical order by chance.
_SORTED_BY_CHANCE = 8
_PAIR = re.compile(r"(?:tatoeba\.)?([a-z]{2,3})-(?:en|eng)")


@dataclasses.dataclass(frozen=True)
class ParallelTexts:
    """Sentences of a language and the English ones.

    Args:
        language: a code of two letters, of three where there is none.
        texts: list of sentences.
        english: list of as many English sentences.
        gold: list, the row in `texts` of each English sentence's translation; None where nobody told.
        place: the files, for messages.
    """

    language: str
    texts: list
    english: list
    gold: list | None
    place: str

    def __len__(self):
        return len(self.english)


def read_parallel_texts(paths):
    """Reads Tatoeba's files, one language or several.

    Two files of a pair must both be given. XTREME's preprocessing sorts the English one, so that lines do
    not correspond; a file `test-de.tsv` with a row number a line then says what belongs together.

    Args:
        paths: list of files, plain, .gz or .xz.

    Returns:
        List of ParallelTexts, in the order of the files.

    Raises:
        MissingFileError: a file does not exist.
        InputError: a name tells no language; a line is malformed; a file of a pair is missing; the sides
            differ in length; or two files have the same language.
    """
    sides, labels, found = defaultdict(dict), {}, []
    for path in paths:
        name = _plain_name(path)
        stem, _, ending = name.rpartition(".")
        pair = _PAIR.fullmatch(stem)
        if pair and ending == "tsv":
            found.append(_table(path, two_letters(pair[1])))
        elif pair and ending in (pair[1], *ENGLISH):
            sides[Path(path).parent / stem]["english" if ending in ENGLISH else "texts"] = path
            if len(sides[Path(path).parent / stem]) == 2:
                found.append(_two_files(two_letters(pair[1]), **sides.pop(Path(path).parent / stem)))
        elif stem.startswith("test-") and len(languages_of(name)) == 1:
            labels[languages_of(name)[0]] = path
        else:
            raise InputError(f"{str(path)!r} tells no pair of languages: expected {FORMATS}.")
    for given in sides.values():
        raise InputError(f"{str(*given.values())!r} lacks the other side of its pair: give both files.")
    return [_with_labels(texts, labels.pop(texts.language, None)) for texts in _distinct(found, labels)]


def _distinct(found, labels):
    languages = [texts.language for texts in found]
    for texts in found:
        if languages.count(texts.language) > 1:
            raise InputError(f"{texts.place}: the language {texts.language} is given twice.")
    for language in labels.keys() - set(languages):
        raise InputError(f"{str(labels[language])!r} has labels for {language}, whose sentences are not given.")
    return found


def _table(path, language):
    rows = []
    for number, line in enumerate(open_text(path), start=1):
        cells = [cell.strip() for cell in line.rstrip("\r\n").split("\t")]
        if len(cells) != 2 or not all(cells):
            raise InputError(f"{path}, line {number}: expected a sentence, a tab, and its English translation.")
        rows.append(cells)
    if not rows:
        raise InputError(f"{str(path)!r} is empty: expected {FORMATS}.")
    texts, english = map(list, zip(*rows, strict=True))
    return ParallelTexts(language, texts, english, list(range(len(rows))), str(path))


def _two_files(language, texts, english):
    place = f"{texts} and {english}"
    sides = [_sentences(texts), _sentences(english)]
    if len(sides[0]) != len(sides[1]):
        raise InputError(f"{place} must have as many lines as each other, not {len(sides[0])} and {len(sides[1])}.")
    shuffled = len(sides[1]) >= _SORTED_BY_CHANCE and sides[1] == sorted(sides[1])
    return ParallelTexts(language, *sides, None if shuffled else list(range(len(sides[0]))), place)


def _sentences(path):
    lines = [line.strip() for line in open_text(path)]
    if not all(lines):
        raise InputError(f"{path}, line {lines.index('') + 1}: empty, where a sentence was expected.")
    if not lines:
        raise InputError(f"{str(path)!r} is empty: expected a sentence a line.")
    return lines


def _with_labels(texts, path):
    if path is None:
        return texts
    gold = []
    for number, line in enumerate(open_text(path), start=1):
        label = line.strip()
        if not (label.isascii() and label.isdigit() and int(label) < len(texts)):
            raise InputError(f"{path}, line {number}: {label!r} is no row of {texts.place}: 0 to {len(texts) - 1}.")
        gold.append(int(label))
    if len(gold) != len(texts):
        raise InputError(f"{path} has {len(gold)} labels for the {len(texts)} sentences of {texts.place}.")
    return dataclasses.replace(texts, gold=gold)


def _plain_name(path):
    path = Path(path)
    return path.stem if path.suffix.lower() in OPENERS else path.name
