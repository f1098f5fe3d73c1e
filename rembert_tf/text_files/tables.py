"""Reading texts and labels from files, with errors that name the file and the line."""

import csv
import dataclasses
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.text_files.opening import OPENERS, open_text

TEXT, TEXT_PAIR, LABEL, LANGUAGE = "text", "text_pair", "label", "language"
KINDS = (".csv", ".tsv", ".txt")
FORMATS = ".csv (comma, quoted), .tsv (tab, never quoted) or .txt (one text a line), plain, .gz or .xz"

# A cell may hold a document; the csv module stops at 128 KiB by default.
csv.field_size_limit(2**30)


@dataclasses.dataclass(frozen=True)
class Table:
    """Columns of equal length.

    Args:
        path: the file they come from, for messages.
        columns: {name: list of strings}.
        lines: the line of the file on which each row begins, from 1.
    """

    path: str
    columns: dict
    lines: list

    def __len__(self):
        return len(self.lines)

    def place(self, row):
        """Returns "file, line n" of a row."""
        return f"{self.path}, line {self.lines[row]}"

    def require(self, *names):
        """Raises an InputError unless the table has these columns."""
        for name in names:
            if name not in self.columns:
                raise InputError(f"{self.path} has no column {name!r}: its columns are {', '.join(self.columns)}.")


def read_table(path, columns=None):
    """Reads a table of texts.

    Args:
        path: a `.csv`, `.tsv` or `.txt` file in UTF-8, plain or compressed: `.csv.gz`, `.txt.xz`.
        columns: names of the columns of a file without a header, as a list; None when the first row
            names them. A `.txt` file has the one column `text`.

    Raises:
        MissingFileError: there is no such file.
        InputError: it is empty, of another kind, damaged, not UTF-8, or a row has other columns than the first.
    """
    file = Path(path)
    if not file.is_file():
        raise MissingFileError(f"there is no file {str(path)!r}: expected {FORMATS}.")
    kind = _kind(file)
    if kind not in KINDS:
        raise InputError(f"{str(path)!r} is of an unknown kind: expected {FORMATS}.")
    rows = _plain_lines(file) if kind == ".txt" else _delimited_rows(file, kind)
    if kind == ".txt":
        columns = columns or [TEXT]
    try:
        header = columns or next(rows)[1]
    except StopIteration:
        raise InputError(f"{str(path)!r} is empty: expected {FORMATS}.") from None
    if len(set(header)) != len(header):
        raise InputError(f"{str(path)!r} names a column twice in its first row: {', '.join(header)}.")
    lines, cells = [], []
    for line, row in rows:
        if len(row) != len(header):
            raise InputError(f"{path}, line {line}: {len(row)} columns instead of {len(header)} ({', '.join(header)}).")
        lines.append(line)
        cells.append(row)
    if not lines:
        raise InputError(f"{str(path)!r} has no rows below its header {', '.join(header)}.")
    return Table(str(path), {name: [row[index] for row in cells] for index, name in enumerate(header)}, lines)


def read_tables(paths, columns=None):
    """Reads several files of the same columns, in order; see `read_table`."""
    tables = [read_table(path, columns) for path in paths]
    for table in tables[1:]:
        if list(table.columns) != list(tables[0].columns):
            raise InputError(
                f"{table.path} has the columns {', '.join(table.columns)}, "
                f"but {tables[0].path} has {', '.join(tables[0].columns)}."
            )
    return tables


def _kind(file):
    """Returns the ending that tells a table's kind: `.csv` of `train.csv.gz`."""
    packed = file.suffix.lower() in OPENERS
    return Path(file.stem).suffix.lower() if packed else file.suffix.lower()


def _plain_lines(file):
    for number, line in enumerate(open_text(file), start=1):
        yield number, [line.rstrip("\r\n")]


def _delimited_rows(file, kind):
    """Yields (line, cells); blank lines are passed over."""
    style = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if kind == ".tsv" else {"strict": True}
    reader = csv.reader(open_text(file), **style)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as problem:
            raise InputError(f"{file}, line {line}: not readable as {kind[1:].upper()} ({problem}).") from None
        if row is None:
            return
        if row:
            yield line, row
