"""Makes `.venv` hold this project with the extras that a make target needs; does nothing when it already does.

    python3.11 scripts/environment.py demo,serving

One environment serves every target: `make demo` installs the small set, `make test` adds the rest to it.
Its stamp names the interpreter, the folder and the requirements it was filled from. The stamp is emptied
before pip starts and written when pip has succeeded, so an interrupted installation is never reused.

Only the standard library: this runs before anything is installed.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import threading
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "installed.json"
LOG = ENVIRONMENT / "install.log"
REQUIREMENT_FILES = ("setup.py", "pyproject.toml", "constraints.txt")

TERMINAL_REFRESH_SECONDS = 1
LOG_REFRESH_SECONDS = 20  # where output is kept, as in CI, a line a second would bury everything else
SHOWN_LOG_LINES = 30


def main(extras):
    """Brings the environment up to date for a comma-separated list of extras."""
    wanted = set(extras.split(","))
    source = installation_source()
    stamp = read_stamp()
    installed = set(stamp.get("extras", ()))
    if stamp.get("source") == source and (wanted <= installed or "all" in installed):
        return
    if not installed or any(stamp["source"][key] != source[key] for key in ("python", "folder")):
        create_environment()
        installed = set()
    elif stamp["source"] == source:
        wanted |= installed
    STAMP.write_text("{}")
    install(",".join(sorted(wanted)))
    STAMP.write_text(json.dumps({"source": source, "extras": sorted(wanted)}, indent=2))


def installation_source():
    """What an environment is made from; it is out of date when any of it has changed."""
    requirements = hashlib.sha256()
    for name in REQUIREMENT_FILES:
        requirements.update((ROOT / name).read_bytes())
    return {
        "python": f"{sys.version} in {sys.base_prefix}",
        "folder": str(ROOT),  # scripts in an environment hold absolute paths: a moved or copied one is useless
        "requirements": requirements.hexdigest(),
    }


def read_stamp():
    """The stamp of the present environment, empty when there is none or it was never completed."""
    try:
        return json.loads(STAMP.read_text())
    except FileNotFoundError:
        if ENVIRONMENT.exists() and any(ENVIRONMENT.iterdir()):
            sys.exit(f"make: {ENVIRONMENT} was not made by this Makefile; move it away, then run make again")
        return {}


def create_environment():
    """Replaces `.venv` by an empty environment of the running interpreter."""
    version = sys.version.split()[0]
    say(f"Creating .venv with Python {version}")
    if ENVIRONMENT.exists():
        shutil.rmtree(ENVIRONMENT)
    ENVIRONMENT.mkdir()
    STAMP.write_text("{}")  # from here on the folder is known to be ours, even if this run is cut short
    venv.EnvBuilder(with_pip=True, symlinks=True).create(ENVIRONMENT)


def install(extras):
    """Runs pip, shows what it is doing, and stops with the end of its output when it fails."""
    command = [ENVIRONMENT / "bin" / "python", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    # Beside installed copies of setuptools and wheel, pips before 25.3 build old-style source packages without
    # isolation; seqeval's set-up then fails for lack of its own build requirements.
    command += ["--use-pep517", "--progress-bar", "off"]
    command += ["--constraint", "constraints.txt", "--editable", f".[{extras}]"]
    say(f"Installing rembert-tf[{extras}] into .venv (all output: {LOG.relative_to(ROOT)})")
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as pip:
        activity = Activity()
        reader = threading.Thread(target=activity.follow, args=(pip.stdout,), daemon=True)
        reader.start()
        watch(pip, activity, began)
        reader.join()
    if pip.returncode:
        last_lines = LOG.read_text().splitlines()[-SHOWN_LOG_LINES:]
        say("\n".join(last_lines))
        sys.exit(f"make: the installation failed (pip exit code {pip.returncode}); its last lines are above")
    say(f"Installed {activity.collected} packages in {time.monotonic() - began:.0f} s")


class Activity:
    """What pip is doing at the moment, read from its output, which is kept in the log."""

    def __init__(self):
        self.collected = 0
        self.text = "starting pip"

    def follow(self, output):
        with LOG.open("w") as log:
            for line in output:
                log.write(line)
                log.flush()
                self.read(line.split())

    def read(self, words):
        match words:
            case ["Collecting", *_]:
                self.collected += 1
                self.text = f"collecting packages: {self.collected}"
            case ["Downloading", file, *size] | ["Using", "cached", file, *size]:
                self.text = f"collecting packages: {self.collected}, {file.rsplit('/', 1)[-1]} {' '.join(size)}"
            case ["Building" | "Preparing", *_]:
                self.text = " ".join(words)
            case ["Installing", "collected", "packages:", *names]:
                self.collected = len(names)
                self.text = f"writing {len(names)} packages"


def watch(pip, activity, began):
    """Shows a line about the activity until pip ends: rewritten in place on a terminal, now and then elsewhere."""
    on_terminal = sys.stderr.isatty()
    while True:
        try:
            pip.wait(TERMINAL_REFRESH_SECONDS if on_terminal else LOG_REFRESH_SECONDS)
            break
        except subprocess.TimeoutExpired:
            line = f"  {time.monotonic() - began:4.0f} s  {activity.text}"
            say(f"\r{line[:78]:<78}" if on_terminal else line, end="" if on_terminal else "\n")
    if on_terminal:
        say("\r" + " " * 78, end="\r")


def say(message, end="\n"):
    """Standard error, so that a target's own output stays clean."""
    print(message, file=sys.stderr, end=end, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("\nmake: the installation was interrupted; the next run starts it again")
