"""Rows of CSV and TSV files: the first row names the columns. In TSV a quote is a character like any other."""

import csv

from rembert_tf.errors import InputError
from rembert_tf.pipelines.lines import LONGEST_LINE, is_compressed, numbered_lines
from rembert_tf.serving.batch.bad_rows import BadRow
from rembert_tf.serving.batch.delimited_records import DelimitedRecords
from rembert_tf.serving.batch.settings import CSV, TSV

# As the training commands read them.
_STYLES = {CSV: {"strict": True}, TSV: {"delimiter": "\t", "quoting": csv.QUOTE_NONE}}

# A field may hold a document; the module stops at 128 KiB by default.
csv.field_size_limit(max(csv.field_size_limit(), LONGEST_LINE))


def can_seek(source):
    """Whether a part can be read without what stands before it."""
    return not is_compressed(source.path)


def sizes(source):
    """Yields (row, its bytes, byte behind it) of a file."""
    records = _records(source)
    _columns(source, records)
    for number, record in enumerate(records, start=1):
        yield number, record.size, record.behind


def rows(part, columns):
    """Yields (row, {column: value} or BadRow) of a part; rows are counted from the one below the columns' names.

    Raises:
        InputError: the first row does not name the columns.
    """
    records, first = _records(part.source), 1
    names = _columns(part.source, records)
    if part.offset and can_seek(part.source):
        records, first = _records(part.source, part.offset), part.first
    for number, record in enumerate(records, start=first):
        if number >= part.first:
            yield number, _row(names, record.fields)
        if number == part.first + part.rows - 1:
            return


def _records(source, offset=0):
    # Behind the first line a byte order mark would be text.
    lines = numbered_lines(source.path, 2 if offset else 1, offset)
    return iter(DelimitedRecords(lines, _STYLES[source.file_format], source.file_format.upper()))


def _columns(source, records):
    """Takes the first row and returns the names in it; none of an empty file."""
    header = next(records, None)
    if header is None:
        return []
    if isinstance(header.fields, BadRow):
        raise InputError(f"{source.path}: its first row must name the columns, and is {header.fields.reason}.")
    twice = sorted({name for name in header.fields if header.fields.count(name) > 1})
    if twice:
        raise InputError(f"{source.path} names the column {twice[0]!r} twice in its first row: give each its own.")
    return header.fields


def _row(names, fields):
    if isinstance(fields, BadRow):
        return fields
    if len(fields) != len(names):
        return BadRow(f"not as many fields as columns ({len(fields)} instead of {len(names)})")
    return dict(zip(names, fields, strict=True))
