"""What `rembert query` sends: texts of the command line, of a file, or of standard input."""

import sys

from rembert_tf.errors import InputError

STDIN = "-"
# A table's columns, by the names that models' inputs have.
_TEXT_COLUMNS = ("text", "question", "prompt")
_PAIR_COLUMNS = ("text_pair", "context")


def read_texts(texts, source, pairs):
    """Returns (texts, pairs), two lists of str.

    Args:
        texts: those of the command line; a single `-` is standard input, a text a line.
        source: a file, `-`, or None.
        pairs: those of the command line.

    Raises:
        InputError: there are no texts, or they are given twice.
    """
    if texts == (STDIN,):
        texts, source = (), STDIN
    if bool(texts) == bool(source):
        raise InputError("give the texts either as TEXT... or as --input FILE; - is standard input")
    if texts:
        return list(texts), list(pairs)
    if source == STDIN:
        return _lines(sys.stdin.buffer.read()), list(pairs)
    return _table(source, list(pairs))


def _lines(content):
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise InputError(f"standard input, line {line}: not UTF-8 ({problem.reason}).") from None
    if lines[-1] == "":  # after the last line's end
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _table(source, pairs):
    from rembert_tf.text_files.tables import read_table

    table = read_table(source)
    first = next((name for name in _TEXT_COLUMNS if name in table.columns), _TEXT_COLUMNS[0])
    table.require(first)
    second = next((name for name in _PAIR_COLUMNS if name in table.columns), None)
    if second is not None and pairs:
        raise InputError(f"{source} has a column {second}: leave out --pair.")
    return table.columns[first], pairs if second is None else table.columns[second]
