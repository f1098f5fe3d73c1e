"""Processes of training that are killed by the system, and what they leave behind."""

import json
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


def run_whole(command):
    """Runs a training to its end; returns the result that it prints, without the model's place."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "model": None}


def assert_same_run(run, whole, parts, note):
    """Holds a run folder against that of an uninterrupted run, byte for byte.

    Args:
        run: the folder.
        whole: that of the uninterrupted run.
        parts: folders in them.
        note: printed where files differ.
    """
    assert (run / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()
    for part in parts:
        ours, theirs = files(run / part), files(whole / part)
        assert ours.keys() == theirs.keys()
        assert [name for name in ours if ours[name] != theirs[name]] == [], f"{part}, {note}"
    assert {path.name for path in run.iterdir()} == {path.name for path in whole.iterdir()}


def files(folder):
    """Returns {relative path: content} of all files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
