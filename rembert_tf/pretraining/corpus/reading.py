"""Reading files: lines into documents, each with its place and language."""

import contextlib
import gzip
import json
import lzma

from rembert_tf.errors import InputError
from rembert_tf.pretraining.corpus import storage
from rembert_tf.pretraining.corpus.documents import (
    EMPTY,
    NO_TEXT,
    NOT_JSON,
    NOT_TWO_COLUMNS,
    NOT_UTF8,
    TOO_LONG,
    Document,
)
from rembert_tf.pretraining.corpus.labels import is_language
from rembert_tf.pretraining.corpus.sources import JSON_LINES, PLAIN
from rembert_tf.text_files.opening import BROKEN

DECOMPRESS = {".gz": gzip.open, ".xz": lzma.open}
LONGEST_LINE = 2**26  # bytes; so much of a file may be in memory as one line
LONGEST_DOCUMENT = 2**16  # bytes of a plain text after which another document begins, blank line or not
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_documents(source, settings):
    """Yields what is in a file, in its order.

    Args:
        source: a Source.
        settings: CorpusSettings.

    Yields:
        A Document with the lines as they were read, or a (reason, (file's number, line number)) of a line that
        belongs to none.

    Raises:
        InputError: the file cannot be read to its end, or a line has no language.
    """
    lines = _numbered_lines(source)
    if source.kind == PLAIN:
        return _plain_documents(source, lines)
    parse = _parse_json if source.kind == JSON_LINES else _table_parser(settings.languages_from_column)
    return _a_document_a_line(source, lines, parse)


def _numbered_lines(source):
    """Yields (number, bytes without the line feed, or None of a line that is too long)."""
    number = 0
    with storage.reaching(source.path, "read"):
        try:
            with contextlib.ExitStack() as open_files:
                file = open_files.enter_context(storage.open_raw(source.path))
                ending = source.path[-3:].lower()
                if ending in DECOMPRESS:
                    file = open_files.enter_context(DECOMPRESS[ending](file))
                for number, line in enumerate(_lines(file), start=1):
                    yield number, line.removeprefix(_BYTE_ORDER_MARK) if number == 1 and line else line
        except BROKEN as problem:
            raise InputError(
                f"{source.path}, line {number + 1}: not readable as {ending} ({problem}); "
                "the file is damaged, or not compressed so."
            ) from None


def _lines(file):
    while line := file.readline(LONGEST_LINE):
        if len(line) < LONGEST_LINE or line.endswith(b"\n"):
            yield line.rstrip(b"\n")
        else:
            while line and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE)
            yield None


def _plain_documents(source, lines):
    """Yields documents that blank lines end; the blank lines themselves count as left out."""
    gathered, size = [], 0
    for number, line in lines:
        blank = line is not None and not line.strip()
        if gathered and (blank or size >= LONGEST_DOCUMENT):
            yield Document((source.number, gathered[0][0]), source.language, gathered)
            gathered, size = [], 0
        if blank or line is None:
            yield EMPTY if blank else TOO_LONG, (source.number, number)
        else:
            gathered.append((number, line))
            size += len(line)
    if gathered:
        yield Document((source.number, gathered[0][0]), source.language, gathered)


def _a_document_a_line(source, lines, parse):
    for number, line in lines:
        place = (source.number, number)
        if line is None or not line.strip():
            yield EMPTY if line is not None else TOO_LONG, place
            continue
        language, found = parse(line)
        if not isinstance(found, list):
            yield found, place
            continue
        language = source.language if language in (None, "") else language
        if not is_language(language):
            raise _no_language(source, number, language)
        yield Document(place, language, [(number, text) for text in found])


def _no_language(source, number, language):
    what = "nothing tells its language" if language in (None, "") else f"{language!r} is no language code"
    return InputError(
        f"{source.path}, line {number}: {what}; codes look like de, pt_BR or sr@latin, and --language CODE says that "
        "of lines which name none."
    )


def _table_parser(column):
    """Returns a function of a line that returns (language, [text]), or (None, reason)."""

    def parse(line):
        cells = line.rstrip(b"\r").split(b"\t")
        if len(cells) != 2:
            return None, NOT_TWO_COLUMNS
        try:
            return cells[column - 1].decode("utf-8").strip(), [cells[2 - column]]
        except UnicodeDecodeError:
            return None, NOT_UTF8

    return parse


def _parse_json(line):
    """Returns (language, list of the text's lines), or (None, reason)."""
    try:
        found = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return None, NOT_UTF8
    except (ValueError, RecursionError):  # RecursionError: brackets in brackets, thousands deep
        return None, NOT_JSON
    text = found.get("text") if isinstance(found, dict) else None
    if not isinstance(text, str):
        return None, NO_TEXT
    return found.get("language"), text.split("\n")
