"""The files of a corpus: of which kind each is, and in which language."""

import dataclasses
from pathlib import PurePosixPath

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.pipelines import storage
from rembert_tf.pretraining.corpus.labels import named_language
from rembert_tf.text_files.opening import OPENERS

PLAIN, TABLE, JSON_LINES = "plain", "table", "json"
KINDS = {".tsv": TABLE, ".jsonl": JSON_LINES, ".json": JSON_LINES}
EXPECTED = "plain text, .tsv or .jsonl, also as .gz or .xz"
UNREADABLE = (".csv", ".parquet", ".zip", ".zst", ".bz2", ".tar", ".tfrecord")


@dataclasses.dataclass(frozen=True)
class Source:
    """A file to read.

    Args:
        number: its place among the files, from 0; lines are in the order of (number, line).
        path: where it is.
        kind: PLAIN (a text a line, blank lines between documents), TABLE (language and text, each line a
            document) or JSON_LINES (an object a line with `text`, a document, and perhaps `language`).
        language: of what does not name its own; None where every line must.
    """

    number: int
    path: str
    kind: str
    language: str | None


def list_sources(paths, settings):
    """Returns a Source for each file.

    Args:
        paths: files, local or remote, or patterns of names such as `gs://bucket/c4-*.json.gz`.
        settings: CorpusSettings.

    Raises:
        MissingFileError: there is no such file.
        InputError: a file is given twice, is of a kind that cannot be read, or nothing tells its language.
    """
    found = [path for given in paths for path in storage.matching(str(given), EXPECTED)]
    if not found:
        raise MissingFileError("there is no file to make a corpus of: name some.")
    twice = {path for path in found if found.count(path) > 1} if len(set(found)) < len(found) else ()
    if twice:
        raise InputError(f"{min(twice)!r} is given twice: each text would be, too.")
    sources = [_source(number, path, settings) for number, path in enumerate(found)]
    if settings.languages_from_column and not any(source.kind == TABLE for source in sources):
        raise InputError("languages_from_column is for .tsv files, and none of the files is one.")
    return sources


def _source(number, path, settings):
    endings = [ending.lower() for ending in PurePosixPath(path).suffixes]
    if endings and endings[-1] in OPENERS:
        endings.pop()
    ending = endings[-1] if endings else ""
    if ending in UNREADABLE:
        raise InputError(f"{path!r} is of an unknown kind: expected {EXPECTED}.")
    kind = KINDS.get(ending, PLAIN)
    if kind == TABLE and settings.languages_from_column is None:
        raise InputError(
            f"{path!r} is a table: say which of its two columns has the language, "
            "such as --languages-from-column 1; the other has the text."
        )
    language = settings.language or named_language(path)
    if language is None and kind == PLAIN:
        raise InputError(
            f"nothing tells the language of {path!r}: say --language CODE, or name the file so that it does, such as "
            "text-de.txt."
        )
    return Source(number, path, kind, language if kind != TABLE else settings.language)
