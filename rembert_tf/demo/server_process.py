"""The demo's model server: `rembert serve` as a process of its own, as a user would start it."""

import json
import select
import subprocess
import sys
from pathlib import Path

SECONDS_TO_START = 120
SECONDS_TO_STOP = 30


class ServerProcess:
    """Runs `rembert serve` on free ports; a context manager that is entered once the server answers.

    Args:
        base_path: the folder with the exported versions.
        log: the file for what the server says on standard error.
    """

    def __init__(self, base_path, log):
        self.base_path = base_path
        self.log = Path(log)
        self.rest_url = self.grpc_url = self.version = None
        self._process = None

    def __enter__(self):
        command = [sys.executable, "-m", "rembert_tf.cli.main", "serve", str(self.base_path)]
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                [*command, "--rest-port", "0", "--grpc-port", "0", "--json"], stdout=subprocess.PIPE, stderr=log
            )
        try:
            ready = self._ready_line()
        except BaseException:  # an interrupt leaves no server behind either
            self.__exit__()
            raise
        self.rest_url = f"http://{ready['host']}:{ready['rest_port']}"
        self.grpc_url = f"grpc://{ready['host']}:{ready['grpc_port']}"
        self.version = ready["version"]
        return self

    def __exit__(self, *exception):
        self._process.terminate()
        try:
            self._process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _ready_line(self):
        """Waits for the line of JSON that names the ports."""
        readable, _, _ = select.select([self._process.stdout], [], [], SECONDS_TO_START)
        line = self._process.stdout.readline() if readable else b""
        if not line:
            said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise RuntimeError(f"the model server did not start: {said[-1] if said else 'it said nothing'}")
        return json.loads(line)
