"""Opening text files, compressed or not, with errors that name the file and the line."""

import gzip
import lzma
import zlib
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError

OPENERS = {".gz": gzip.open, ".xz": lzma.open}
# What the standard library raises for a compressed file that is cut off or is none.
BROKEN = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)


def open_text(path):
    """Returns an iterator over the lines of a UTF-8 file, decoded, each with the line ending it has.

    Only a line feed ends a line: other separators may stand inside a text. A byte order mark at the start
    is left out.

    Args:
        path: a plain file, or one compressed as `.gz` or `.xz`.

    Raises:
        MissingFileError: there is no such file; raised by the call itself, the others while iterating.
        InputError: a line is not UTF-8, or the file is not what its ending says.
    """
    file = Path(path)
    if not file.is_file():
        raise MissingFileError(f"there is no file {str(path)!r}: expected a text file, plain, .gz or .xz.")
    return _decoded_lines(file)


def _decoded_lines(file):
    number = 0
    try:
        with OPENERS.get(file.suffix.lower(), open)(file, "rb") as content:
            for number, line in enumerate(content, start=1):
                yield _decoded(line, file, number)
    except BROKEN as problem:
        raise InputError(
            f"{file}, line {number + 1}: not readable as {file.suffix} ({problem}); "
            "the file is damaged, or not compressed so."
        ) from None
    except OSError as problem:
        raise InputError(f"{file} cannot be read: {problem.strerror or problem}.") from None


def _decoded(line, file, number):
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as problem:
        raise InputError(f"{file}, line {number}: not UTF-8 ({problem.reason} at byte {problem.start}).") from None
