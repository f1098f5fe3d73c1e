"""The measuring side of `worker.py`: starts a candidate's process, asks it, ends it."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

WORKER = Path(__file__).with_name("worker.py")
CANDIDATES = Path(__file__).with_name("candidates")
SECONDS_TO_STOP = 20


class WorkerError(RuntimeError):
    """A candidate's process ended before it answered; the message holds the last line that it said."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """What can be measured: a name for the tables, and the function that prepares it.

    Args:
        name: in tables.
        file: of `candidates/`, without the ending.
        function: of that file.
        settings: dict of its keyword arguments, numbers, strings and lists alone.
        python: the interpreter; None takes this one.
        calls: how many times a case does what is measured; times are divided by it.
    """

    name: str
    file: str
    function: str
    settings: dict
    python: str | None = None
    calls: int = 1


class WorkerProcess:
    """A running candidate; a context manager that ends it.

    Args:
        candidate: a Candidate.
        threads: processor cores that it may use.

    Raises:
        WorkerError: the preparation failed.
    """

    def __init__(self, candidate, threads):
        self.name, self._calls = candidate.name, candidate.calls
        self._said = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 (closed by `close`)
        command = [candidate.python or sys.executable, "-P", WORKER, CANDIDATES / f"{candidate.file}.py"]
        self._process = subprocess.Popen(
            [*map(str, command), candidate.function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env={**os.environ, **environment(threads)},
            # TensorFlow and PyTorch take as many threads as the process has cores.
            preexec_fn=lambda: restrict(threads),
        )
        ready = self._ask(candidate.settings)
        self.cases = ready["cases"]
        self.resident_bytes = ready.get("resident_bytes")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def run(self, case, repeat=False):
        """Runs a case, once or, where it is short, several times; returns what one run took.

        Args:
            case: one of `cases`.
            repeat: whether short work is repeated, of which the median counts.

        Returns:
            A dict of `seconds`, `cpu_seconds`, `result` and, on Linux, `peak_bytes`.
        """
        reply = self._ask({"case": case, **({"repeat": True} if repeat else {})})
        return {**reply, **{name: reply[name] / self._calls for name in ("seconds", "cpu_seconds")}}

    def close(self):
        """Ends the process."""
        if self._said.closed:
            return
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()  # its loop ends
        try:
            self._process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._said.close()

    def _ask(self, content):
        try:
            self._process.stdin.write(json.dumps(content) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        except BaseException:  # an interrupt leaves no process behind
            self._process.kill()
            self.close()
            raise
        if line:
            return json.loads(line)
        self._process.wait()
        self._said.seek(0)
        said = [line.strip() for line in self._said if line.strip()]
        self.close()
        raise WorkerError(f"{self.name}: {said[-1] if said else 'its process ended without a word'}")


def environment(threads):
    """Returns the environment variables of a candidate's process."""
    return {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "RAYON_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "true" if threads > 1 else "false",
        "HF_HUB_OFFLINE": "1",
    }


def restrict(threads):
    """Leaves this process the first of the cores that it may run on, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def cores():
    """Returns how many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
