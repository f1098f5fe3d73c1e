"""Pipelines in several processes of this machine, any of which may be killed: Beam alone would wait for it for ever."""

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.pipelines.runner import is_local, pipeline_options, run

WORKER_LOST = 75  # exit code of the process that runs the pipeline
MOST_IN_VAIN = 3  # losses in a row without anything done in between
_BEAM_SAYS = ("Worker subprocess exited", "Channel closed prematurely")


class PipelineError(RuntimeError):
    """A pipeline failed in another process, by a defect."""


def uses_processes(options):
    """Whether the pipeline runs in several processes of this machine, by its PipelineOptions."""
    from apache_beam.options.pipeline_options import DirectOptions

    return is_local(options) and options.view_as(DirectOptions).direct_running_mode == "multi_processing"


def run_restarted(build, flags, done):
    """Runs a pipeline in a process of its own that begins workers, and anew where any of them died.

    Args:
        build: function of a Beam pipeline that adds the steps, for pickle; run again it must go on where it was, or
            end with the same files.
        flags: Beam's, as strings.
        done: function that returns how much is done.

    Raises:
        InputError: a step raised one, or workers die again and again.
        PipelineError: a step failed otherwise.
    """
    before, in_vain = done(), 0
    while _run_once(build, list(flags)) != 0:
        now = done()
        in_vain = 0 if now > before else in_vain + 1
        before = now
        if in_vain == MOST_IN_VAIN:
            raise InputError(
                f"worker processes died {MOST_IN_VAIN} times without finishing anything, perhaps for want of memory: "
                "run the command again with fewer workers."
            )


def _run_once(build, flags):
    """Returns 0, or another number where a process was lost."""
    with tempfile.TemporaryDirectory(prefix="rembert_tf-") as folder:
        told = Path(folder, "error.json")
        with open(Path(folder, "log"), "wb") as log:  # Beam's workers say much
            process = subprocess.Popen(
                [sys.executable, "-m", "rembert_tf.pipelines.worker_processes"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a group that can be ended together
            )
        try:
            pickle.dump((build, flags, str(told)), process.stdin)
            process.stdin.flush()
            code = process.wait()
        except BrokenPipeError:
            code = process.wait()
        finally:
            _end_group(process)
        if told.is_file():
            error = json.loads(told.read_text(encoding="utf-8"))
            raise InputError(error["message"]) if error["of_the_user"] else PipelineError(error["message"])
        if code > 0 and code != WORKER_LOST:
            lines = Path(folder, "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise PipelineError(lines[-1] if lines else f"exit code {code}")
        return code


def _end_group(process):
    with contextlib.suppress(ProcessLookupError):  # all have ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()


def main():
    """Runs the pipeline that comes on standard input, and ends with it: its end tells that nobody waits any more."""
    build, flags, told = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    threading.excepthook = _end_or_show
    try:
        run(build, pipeline_options(flags))
    except Exception as problem:
        _end_where_a_worker_is_lost(problem)
        error = {"of_the_user": isinstance(problem, InputError), "message": str(problem)}
        Path(told).write_text(json.dumps(error), encoding="utf-8")
    os._exit(0)  # Beam's threads may wait for workers


def _end_with_standard_input():
    sys.stdin.buffer.read()
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _end_or_show(problem):
    _end_where_a_worker_is_lost(problem.exc_value)
    threading.__excepthook__(problem)


def _end_where_a_worker_is_lost(problem):
    if any(words in str(problem) for words in _BEAM_SAYS):
        os._exit(WORKER_LOST)


if __name__ == "__main__":
    main()
