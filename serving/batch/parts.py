"""Parts of a file: what one worker reads, answers and writes at once, and where it begins."""

import dataclasses

from rembert_tf.serving.batch import delimited_rows, line_rows, parquet_rows, record_rows
from rembert_tf.serving.batch.settings import CSV, JSON_LINES, PARQUET, RECORDS, TEXT, TSV
from rembert_tf.serving.batch.sources import Source

PART_BYTES = 2**26  # of the rows of a part, about: they are in memory at once
# Where every part is read from the file's beginning, more of them would read more than they answer.
MOST_PARTS = 100

_READERS = {
    TEXT: line_rows,
    CSV: delimited_rows,
    TSV: delimited_rows,
    JSON_LINES: line_rows,
    PARQUET: parquet_rows,
    RECORDS: record_rows,
}


@dataclasses.dataclass(frozen=True)
class Part:
    """Neighbouring rows of a file.

    Args:
        source: the file.
        number: of the part in its file, from 0.
        first: number of its first row, from 1.
        rows: how many there are.
        offset: byte where the first row begins; 0 where that is not known.
    """

    source: Source
    number: int
    first: int
    rows: int
    offset: int


def split(source, part_rows):
    """Returns the stretches of a file as a list of (first row, rows, byte offset), for `part_of`.

    The whole file is read once, so that a damaged one is found before anything is answered.

    Args:
        source: a Source.
        part_rows: most rows of a part; parts are larger where they must be read from the beginning of a large file.

    Raises:
        InputError: the file cannot be read to its end.
    """
    reader = _READERS[source.file_format]
    stretches, begin, end = [], None, 0
    for row, size, behind in reader.sizes(source):
        if begin is None or row - begin[0] >= part_rows or begin[2] + size > PART_BYTES:
            begin = [row, 0, 0, end]
            stretches.append(begin)
        begin[1] += 1
        begin[2] += size
        end = behind
    if not reader.can_seek(source):
        stretches = _merged(stretches)
    return [(first, rows, offset) for first, rows, _, offset in stretches]


def _merged(stretches):
    """Joins neighbours until there are few, or until they are as large as may be."""
    together, merged = -(-len(stretches) // MOST_PARTS), []
    for position, (first, rows, size, offset) in enumerate(stretches):
        if merged and position % together and merged[-1][2] + size <= PART_BYTES:
            merged[-1][1] += rows
            merged[-1][2] += size
        else:
            merged.append([first, rows, size, offset])
    return merged


def part_of(source, number, stretch):
    """Returns a Part of a stretch that `split` found."""
    return Part(source, number, *stretch)


def read_rows(part, columns=None):
    """Yields the rows of a part.

    Args:
        part: a Part.
        columns: names of the columns that are needed; None takes all.

    Yields:
        (row's number, {column: value} or a BadRow).
    """
    return _READERS[part.source.file_format].rows(part, columns)
