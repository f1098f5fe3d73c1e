"""What the server's process takes of this machine, where Linux tells."""

import dataclasses
import os
from pathlib import Path

from rembert_tf.errors import InputError

_STARTED = 19  # fields of /proc/PID/stat, counted from the process's state
_USER, _SYSTEM = 11, 12


@dataclasses.dataclass(frozen=True)
class Usage:
    """Of a process since it began: processor seconds; bytes of memory now, and at its peak."""

    cpu_seconds: float
    resident_bytes: int
    peak_bytes: int


class ServerProcess:
    """Reads a process's usage.

    Args:
        pid: its number.
        proc: folder of the process file system.

    Raises:
        InputError: there is no such process.
    """

    def __init__(self, pid, proc="/proc"):
        self._folder = Path(proc) / str(pid)
        if not Path(proc, "self").exists():
            raise InputError("--pid needs Linux: processor time and memory of another process are read from /proc")
        try:
            self._started = self._fields()[_STARTED]
        except OSError:
            raise InputError(
                f"--pid {pid}: no process of this machine has that number; it must be the server's"
            ) from None

    def usage(self):
        """Returns the `Usage`, or None once the process has ended."""
        try:
            fields, status = self._fields(), (self._folder / "status").read_text()
        except OSError:
            return None
        memory = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Vm"))
        if fields[_STARTED] != self._started or "VmRSS" not in memory:  # the number is another's by now, or a zombie's
            return None
        ticks = int(fields[_USER]) + int(fields[_SYSTEM])
        return Usage(
            cpu_seconds=ticks / os.sysconf("SC_CLK_TCK"),
            resident_bytes=_kibibytes(memory["VmRSS"]),
            peak_bytes=_kibibytes(memory["VmHWM"]),
        )

    def _fields(self):
        # The program's name stands in brackets before them, and may hold anything.
        return (self._folder / "stat").read_text().rpartition(")")[2].split()


def _kibibytes(text):
    return 1024 * int(text.split()[0])
