"""How far the work is, read from what workers leave: other processes and machines tell nothing else."""

import contextlib
import json
import re
import threading

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage

NOTE = "answering"
SECONDS, SECONDS_REMOTE = 1, 30  # between two looks
_PLAN, _RECORD = re.compile(r"/file-(\d+)\.json"), re.compile(r"/part-(\d+)-(\d+)\.json")


class DoneRows:
    """Counts the rows that are done; each file is read once.

    Args:
        files: how many there are to answer.
        output: OutputFiles.
    """

    def __init__(self, files, output):
        self._files, self.output = files, output
        self._totals, self._done = {}, {}

    def look(self):
        """Returns (rows that are done, rows of all files or None while that is not known)."""
        folder = self.output.folder
        for path in storage.files_below(folder):
            plan, record = (pattern.fullmatch(path[len(folder) :]) for pattern in (_PLAN, _RECORD))
            if plan and path not in self._totals:
                self._totals[path] = sum(rows for _, rows, _ in json.loads(storage.read(path)))
            elif record and path not in self._done:
                found = self.output.read_part(int(record[1]), int(record[2]))
                if found is not None:
                    self._done[path] = found["rows"]
        return sum(self._done.values()), sum(self._totals.values()) if len(self._totals) == self._files else None


@contextlib.contextmanager
def watching(rows, report):
    """Looks now and then within the block, and hands on what is found to `report(done, total, note)`.

    Args:
        rows: DoneRows.
        report: None looks at nothing.
    """
    ended, last = threading.Event(), None
    seconds = SECONDS_REMOTE if storage.is_remote(rows.output.folder) else SECONDS

    def look():
        nonlocal last
        with contextlib.suppress(InputError):  # a file that went away meanwhile
            done, total = rows.look()
            if total is not None and done != last:
                report(done, total, NOTE)
                last = done

    def watch():
        while not ended.wait(seconds):
            look()

    if report is None:
        yield
        return
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        look()
