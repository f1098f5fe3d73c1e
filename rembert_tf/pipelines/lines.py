"""Lines of files wherever Beam reaches them, compressed or not, each with its number."""

import contextlib
import gzip
import lzma

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage
from rembert_tf.text_files.opening import BROKEN

DECOMPRESS = {".gz": gzip.open, ".xz": lzma.open}
LONGEST_LINE = 2**26  # bytes; so much of a file may be in memory as one line
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def is_compressed(path):
    """Whether a file has to be read from its beginning, by its ending."""
    return path[-3:].lower() in DECOMPRESS


def numbered_lines(path, first=1, offset=0):
    """Yields the lines of a file.

    Args:
        path: of a file, compressed if it ends so.
        first: number of the line to begin with.
        offset: byte at which that line begins in a file that is not compressed; in one that is, lines before it are
            passed over.

    Yields:
        (number, bytes without the line feed, or None of a line that is too long, byte behind the line).

    Raises:
        InputError: the file cannot be read to its end.
    """
    number, skipped = 0, 0
    with storage.reaching(path, "read"):
        try:
            with contextlib.ExitStack() as open_files:
                file = open_files.enter_context(storage.open_raw(path))
                if is_compressed(path):
                    file = open_files.enter_context(DECOMPRESS[path[-3:].lower()](file))
                elif offset:
                    file.seek(offset)
                    skipped = first - 1
                for number, line in enumerate(_lines(file), start=skipped + 1):
                    if number >= first:
                        marked = number == 1 and line
                        yield number, line.removeprefix(_BYTE_ORDER_MARK) if marked else line, file.tell()
        except BROKEN as problem:
            raise InputError(
                f"{path}, line {number + 1}: not readable as {path[-3:].lower()} ({problem}); "
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
