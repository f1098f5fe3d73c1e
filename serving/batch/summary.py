"""What a prediction comes to: that nothing is missing, how many rows there were, and why some have no answer."""

import collections
import json
import re

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage
from rembert_tf.serving.batch.json_values import json_line

FORMAT = 1
MOST_REASONS = 20
_DETAILS = re.compile(r" \(|: ")  # "not UTF-8 (invalid start byte at byte 0)": what is in brackets differs by row


def nothing_left(summary, seconds):
    """Returns the summary of a run that found all done, as an object for JSON.

    Args:
        summary: of the run that did it.
        seconds: how long this run took.
    """
    return {**summary, "done_before": summary["rows"], "seconds": round(seconds, 3), "rows_per_second": 0.0}


class Counts:
    """What the records of all parts say.

    Args:
        sources: list of Source.
        output: OutputFiles.

    Raises:
        InputError: a part is missing.
    """

    def __init__(self, sources, output):
        self._output = output
        self.rows = self.answered = 0
        self.files, self._parts, reasons = [], [], collections.Counter()
        for source in sources:
            stretches = json.loads(storage.read(output.plan(source.number)))
            self.files.append({"path": source.path, "rows": sum(rows for _, rows, _ in stretches)})
            for number, (_, rows, _) in enumerate(stretches):
                record = output.read_part(source.number, number)
                if record is None or record["answered"] + len(record["rejected"]) != rows:
                    raise InputError(
                        f"the runner ended without {output.answers(source.number, number)!r}: run the command again, "
                        "which does what is missing."
                    )
                self.rows += rows
                self.answered += record["answered"]
                self._parts.append((source.number, number, bool(record["answered"])))
                reasons.update(_DETAILS.split(row["reason"])[0] for row in record["rejected"])
        self.reasons = dict(reasons.most_common(MOST_REASONS))

    def summary(self, command, seconds, before):
        """Returns the summary, as an object for JSON.

        Args:
            command: the command's identity.
            seconds: how long this run took.
            before: rows that earlier runs of the command had done.
        """
        return {
            "format": FORMAT,
            "rows": self.rows,
            "answered": self.answered,
            "rejected": self.rows - self.answered,
            "reasons": self.reasons,
            "done_before": before,
            "seconds": round(seconds, 3),
            "rows_per_second": round((self.rows - before) / seconds, 1),
            "files": self.files,
            "outputs": [self._output.answers(source, part) for source, part, answered in self._parts if answered],
            "rejected_rows": self._output.rejected,
            "command": command,
        }

    def rejected_lines(self):
        """Yields a line of JSON for each row without an answer, in order."""
        for source, part, _ in self._parts:
            for row in self._output.read_part(source, part)["rejected"]:
                yield json_line(row)
