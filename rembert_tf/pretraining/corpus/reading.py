"""Reading files: lines into documents, each with its place and language."""

import json

from rembert_tf.errors import InputError
from rembert_tf.pipelines.lines import numbered_lines
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

LONGEST_DOCUMENT = 2**16  # bytes of a plain text after which another document begins, blank line or not


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
    lines = ((number, line) for number, line, _ in numbered_lines(source.path))
    if source.kind == PLAIN:
        return _plain_documents(source, lines)
    parse = _parse_json if source.kind == JSON_LINES else _table_parser(settings.languages_from_column)
    return _a_document_a_line(source, lines, parse)


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
