"""Rows of Parquet files."""

import contextlib

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage
from rembert_tf.serving.batch.bad_rows import BadRow

_READ_AT_ONCE = 1024  # rows


def can_seek(source):
    """Whether a part can be read without what stands before it: row groups are, rows of one are not."""
    return False


def sizes(source):
    """Yields (row, its bytes on average, 0) of a file."""
    with _opened(source) as file:
        number = 0
        for group in range(file.num_row_groups):
            facts = file.metadata.row_group(group)
            for _ in range(facts.num_rows):
                number += 1
                yield number, facts.total_byte_size // facts.num_rows, 0


def rows(part, columns):
    """Yields (row, {column: value} or BadRow) of a part; a column that the file lacks is left out.

    Raises:
        InputError: the file cannot be read.
    """
    with _opened(part.source) as file:
        names = [name for name in file.schema_arrow.names if columns is None or name in columns]
        number, last = 0, part.first + part.rows - 1
        for group in range(file.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            if number + size < part.first:
                number += size
                continue
            for batch in file.iter_batches(_READ_AT_ONCE, row_groups=[group], columns=names):
                begin = max(0, part.first - number - 1)
                wanted = batch.slice(begin)
                found = _python(wanted) if names else [{}] * wanted.num_rows
                for position, row in enumerate(found, start=begin + 1):
                    if number + position > last:
                        return
                    yield number + position, row
                number += batch.num_rows


def _python(batch):
    """Returns the rows of a batch; where a value is none of Python's, its own row is a BadRow at worst."""
    try:
        return batch.to_pylist()
    except (ValueError, OverflowError):
        return [_row(batch, number) for number in range(batch.num_rows)]


def _row(batch, number):
    row = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            row[name] = _value(column[number])
        except (ValueError, OverflowError) as problem:
            return BadRow(f"column {name!r} cannot be read ({problem})")
    return row


def _value(scalar):
    """Returns a value as Python has it; text that is not UTF-8 as bytes, a time that Python lacks as text."""
    import pyarrow

    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        if hasattr(scalar, "as_buffer"):
            return scalar.as_buffer().to_pybytes()
        raise
    except (ValueError, OverflowError):
        if pyarrow.types.is_timestamp(scalar.type):  # after the year 9999, or with nanoseconds
            return scalar.cast(pyarrow.string()).as_py()
        raise


@contextlib.contextmanager
def _opened(source):
    import pyarrow
    import pyarrow.parquet

    with storage.reaching(source.path, "read"), storage.open_raw(source.path) as file:
        try:
            yield pyarrow.parquet.ParquetFile(file)
        except (pyarrow.ArrowException, EOFError) as problem:
            words = str(problem).strip().splitlines() or ["it says nothing"]
            raise InputError(f"{source.path}: not readable as Parquet ({words[0].rstrip('.')}).") from None
