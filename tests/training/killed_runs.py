"""Processes of training that are killed by the system, and what they leave behind."""

import signal
import subprocess
import time

PATIENCE = 300  # seconds, for a machine that does much else


def newest_state(run):
    """Returns the step of the newest complete state, -1 where there is none."""
    return max((int(path.name.removeprefix("state-")) for path in run.glob("state-*[0-9]")), default=-1)


def kill_when(arguments, log, reached):
    """Starts a process and kills it as soon as `reached()` holds, in whatever it does then."""
    with open(log, "w") as errors:
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=errors)
        end = time.monotonic() + PATIENCE
        try:
            while not reached():
                assert process.poll() is None, f"ended by itself with {process.returncode}: {log.read_text()}"
                assert time.monotonic() < end, f"has not come so far: {log.read_text()}"
                time.sleep(0.001)  # only spares the processor
        finally:
            process.kill()
            process.wait()
        assert process.returncode == -signal.SIGKILL


def files(folder):
    """Returns {relative path: content} of all files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
