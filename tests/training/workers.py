"""Processes of one training on this machine: each with its own TF_CONFIG, killed with all they started at the end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time

PATIENCE = 240  # seconds, for a machine that does much else


def free_ports(count):
    """Returns ports that the system gave away a moment ago and has back."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Workers:
    """Starts a command as several workers.

    Args:
        command: list of arguments, the same for all; or a list of such lists.
        folder: for what they print.
        count: how many workers.
    """

    def __init__(self, command, folder, count=2):
        commands = [command] * count if isinstance(command[0], str) else command
        cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(count)]}
        folder.mkdir(parents=True, exist_ok=True)
        self.files = [(folder / f"out-{index}", folder / f"err-{index}") for index in range(count)]
        self.processes = []
        for index, (arguments, (out, errors)) in enumerate(zip(commands, self.files, strict=True)):
            config = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
            # As few threads as there are processors; no file of the machine's TF_CONFIG.
            environment = {**os.environ, "TF_CONFIG": config, "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
            with open(out, "w") as out, open(errors, "w") as errors:
                started = subprocess.Popen(
                    list(map(str, arguments)), stdout=out, stderr=errors, env=environment, start_new_session=True
                )
            self.processes.append(started)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def kill(self, index):
        """Kills one as the system kills a process."""
        os.killpg(self.processes[index].pid, signal.SIGKILL)
        self.processes[index].wait()

    def wait(self, *indexes, patience=PATIENCE):
        """Returns the exit codes of some workers, all if none is named; fails loudly after the patience."""
        chosen = [self.processes[index] for index in indexes] or self.processes
        end = time.monotonic() + patience
        for process in chosen:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise AssertionError(f"a worker did not end in {patience} s:\n{self.said()}") from None
        return [process.returncode for process in chosen]

    def until(self, reached, patience=PATIENCE):
        """Waits until a condition holds while all workers run."""
        end = time.monotonic() + patience
        while not reached():
            assert all(process.poll() is None for process in self.processes), f"one ended early:\n{self.said()}"
            assert time.monotonic() < end, f"has not come so far:\n{self.said()}"
            time.sleep(0.002)  # only spares the processor

    def printed(self, index):
        """Returns what a worker wrote on standard output and on standard error."""
        return tuple(file.read_text() for file in self.files[index])

    def said(self):
        """Returns what all workers wrote, for a message."""
        return "\n".join(
            f"worker {n}: {out}\n{errors}" for n in range(len(self.files)) for out, errors in [self.printed(n)]
        )
