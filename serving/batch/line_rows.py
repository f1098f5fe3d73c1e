"""Rows of text files (a line a row) and JSON lines (an object a line)."""

import json

from rembert_tf.pipelines.lines import LONGEST_LINE, is_compressed, numbered_lines
from rembert_tf.serving.batch.bad_rows import BadRow
from rembert_tf.serving.batch.settings import TEXT

TEXT_COLUMN = "text"  # the one of a text file


def can_seek(source):
    """Whether a part can be read without what stands before it."""
    return not is_compressed(source.path)


def sizes(source):
    """Yields (row, its bytes, byte behind it) of a file."""
    for number, line, behind in numbered_lines(source.path):
        yield number, len(line or b""), behind


def rows(part, columns):
    """Yields (row, {column: value} or BadRow) of a part."""
    parse = _text if part.source.file_format == TEXT else _json
    for number, line, _ in numbered_lines(part.source.path, part.first, part.offset):
        yield number, BadRow(f"longer than {LONGEST_LINE >> 20} MiB") if line is None else parse(line)
        if number == part.first + part.rows - 1:
            return


def _text(line):
    try:
        return {TEXT_COLUMN: line.removesuffix(b"\r").decode("utf-8")}
    except UnicodeDecodeError as problem:
        return BadRow(f"not UTF-8 ({problem.reason} at byte {problem.start})")


def _json(line):
    if not line.strip():
        return BadRow("an empty line")
    try:
        found = json.loads(line.decode("utf-8"), parse_constant=_not_json)
    except UnicodeDecodeError as problem:
        return BadRow(f"not UTF-8 ({problem.reason} at byte {problem.start})")
    except RecursionError:  # brackets in brackets, thousands deep
        return BadRow("not JSON (nested too deeply)")
    except ValueError as problem:
        return BadRow(f"not JSON ({problem})")
    return found if isinstance(found, dict) else BadRow("not a JSON object")


def _not_json(name):
    raise ValueError(f"{name} is no number")
