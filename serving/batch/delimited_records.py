"""Records of delimited text: a line each, or several where a quoted field holds line breaks."""

import collections
import csv
import dataclasses

from rembert_tf.pipelines.lines import LONGEST_LINE
from rembert_tf.serving.batch.bad_rows import BadRow

MOST_LINES = 10_000  # of a record


@dataclasses.dataclass(frozen=True)
class Record:
    """A record, and where it ends.

    Args:
        fields: list of str, or a BadRow.
        size: its bytes without the last line feed.
        behind: the byte behind it.
    """

    fields: list | BadRow
    size: int
    behind: int


class DelimitedRecords:
    """Iterates over Records; blank lines are none.

    What cannot be read is one line: a quote that is never closed does not take the lines behind it along.

    Args:
        lines: iterable of (number, bytes or None of one that is too long, byte behind it).
        style: options of `csv.reader`.
        kind: name of the format, for reasons.
    """

    def __init__(self, lines, style, kind):
        self._lines, self._style, self._kind = iter(lines), style, kind
        self._ahead = collections.deque()  # lines that were looked at for the end of a quote
        self._taken, self._undecodable = [], None

    def __iter__(self):
        while True:
            fields = self._next()
            if not self._taken:
                return
            if fields:
                size = sum(len(line or b"") for _, line, _ in self._taken)
                yield Record(fields, size, self._taken[-1][2])

    def _next(self):
        """Returns the fields of a record, none of a blank line, or a BadRow; its lines are in `_taken`."""
        self._taken, self._undecodable = [], None
        try:
            fields = next(csv.reader(self._feed(), **self._style), None)
        except csv.Error as problem:
            # The reader asks for more than there is, or than there may be, within a quote alone.
            words = str(problem).partition(" - ")[0]
            self._give_back()
            return BadRow(f"not {self._kind} ({'a quote is not closed' if 'unexpected end' in words else words})")
        if fields is None and self._taken:
            return BadRow(f"longer than {LONGEST_LINE >> 20} MiB")
        if self._undecodable is not None:
            return BadRow(f"not UTF-8 ({self._undecodable.reason} at byte {self._undecodable.start})")
        return fields

    def _feed(self):
        """Yields the lines of a record, as many as the csv module asks for."""
        size = 0
        while len(self._taken) < MOST_LINES and size < LONGEST_LINE:
            found = self._ahead.popleft() if self._ahead else next(self._lines, None)
            if found is None:
                return
            self._taken.append(found)
            line = found[1]
            if line is None:
                return
            size += len(line)
            yield f"{self._decoded(line)}\n"

    def _decoded(self, line):
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as problem:
            self._undecodable = self._undecodable or problem
            return line.decode("utf-8", "surrogateescape")  # where fields end is known even so

    def _give_back(self):
        """Leaves all lines but the first to the next record."""
        self._ahead.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]
