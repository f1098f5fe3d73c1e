"""Text files as a stream of batches, however large they are."""

import gzip
import lzma
import os
import zlib
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError

_OPENERS = {".gz": gzip.open, ".xz": lzma.open}
_BATCH_LINES, _BATCH_CHARACTERS = 2000, 2_000_000


class Corpus:
    """Plain text, a text a line; blank lines are none.

    Args:
        files: paths; `.gz` and `.xz` files are unpacked while they are read.

    Raises:
        MissingFileError: there is no such file.
        InputError: no file is named.
    """

    def __init__(self, files):
        self.files = [Path(file) for file in files]
        if not self.files:
            raise InputError("name at least one file of text, a text a line (.gz and .xz are unpacked).")
        for file in self.files:
            if not file.is_file():
                what = "is a directory, not a file of text" if file.is_dir() else "does not exist"
                raise MissingFileError(f"the corpus file {str(file)!r} {what}.")

    def batches(self, report=None, note=""):
        """Yields lists of texts.

        Args:
            report: called as `report(percent, 100, note)` before each batch, or None.
            note: what the texts are read for.

        Raises:
            InputError: a file is damaged or not UTF-8; the line is named.
        """
        total = sum(os.path.getsize(file) for file in self.files)
        batch, characters, before = [], 0, 0
        for file in self.files:
            for text, position in _texts(file):
                batch.append(text)
                characters += len(text)
                if len(batch) == _BATCH_LINES or characters > _BATCH_CHARACTERS:
                    if report is not None:
                        report(100 * (before + position) // max(total, 1), 100, note)
                    yield batch
                    batch, characters = [], 0
            before += os.path.getsize(file)
        if batch:
            yield batch


def _texts(file):
    """Yields (text, bytes of the file that were read so far)."""
    number = 0
    try:
        with open(file, "rb") as raw, _OPENERS.get(file.suffix, lambda opened: opened)(raw) as lines:
            for number, line in enumerate(lines, start=1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
                if text.strip():
                    yield text, raw.tell()
    except UnicodeDecodeError as problem:
        raise InputError(f"{file}, line {number}: not UTF-8 ({problem.reason}).") from None
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as problem:
        raise InputError(f"{str(file)!r} cannot be read after line {number}: {problem}.") from None
