"""A process that prepares one candidate and then runs a case of it whenever it is asked. Needs Python alone.

    python -P worker.py FILE FUNCTION

The first line of standard input holds the keyword arguments of FUNCTION, as JSON. It returns {case: function without
arguments}; the names are the first line of standard output. Every further line of input is `{"case": name}` and is
answered with what running it took. With `"repeat": true` that is the median of several runs where one is short, since
the first after another candidate's turn finds cold caches and sleeping threads. The end of the input ends the process.
Whatever a library prints goes to standard error.
"""

import importlib.util
import json
import os
import statistics
import sys
import time
from pathlib import Path

# A turn ends after the first run beyond this many seconds, or this many runs.
TURN_SECONDS, TURN_RUNS = 0.2, 10


def main():
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    file, function = sys.argv[1:]
    settings = json.loads(sys.stdin.readline())
    cases = load(file, function)(**settings)
    answer(channel, {"cases": list(cases), **memory()})
    for line in sys.stdin:
        asked = json.loads(line)
        runs = TURN_RUNS if asked.get("repeat") else 1
        answer(channel, {**turn(cases[asked["case"]], runs), **memory()})


def turn(work, runs):
    """Returns the median seconds of running something so many times at most, wall and processor, and its result."""
    seconds, busy = [], []
    while len(seconds) < runs and sum(seconds) < TURN_SECONDS:
        begin, used = time.perf_counter(), time.process_time()
        result = work()
        seconds.append(time.perf_counter() - begin)
        busy.append(time.process_time() - used)
    return {"seconds": statistics.median(seconds), "cpu_seconds": statistics.median(busy), "result": told(result)}


def load(file, function):
    """Returns a function of a Python file that need not be installed."""
    specification = importlib.util.spec_from_file_location("candidate", file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return getattr(module, function)


def told(result):
    """Returns a result that JSON can hold, None for tensors and the like."""
    return result if isinstance(result, int | float | str | list) else None


def answer(channel, content):
    channel.write(json.dumps(content) + "\n")
    channel.flush()


def memory():
    """Returns the process's memory now and at its highest, in bytes; nothing where there is no /proc."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return {}
    # Not getrusage: its maximum counts what the parent had when it started this process.
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith(" kB")}
    return {"resident_bytes": sizes["VmRSS"], "peak_bytes": sizes["VmHWM"]}


if __name__ == "__main__":
    main()
