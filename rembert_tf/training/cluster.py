"""Which of several workers this process is: the environment variable TF_CONFIG."""

import dataclasses
import json
import os

from rembert_tf.errors import InputError

TF_CONFIG = "TF_CONFIG"
# The tasks of a cluster that train; a "chief" is the first of them.
JOBS = ("chief", "worker")
PORTS = 2**16
EXAMPLE = """{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}"""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The workers of a training.

    Args:
        workers: how many there are.
        index: which of them this process is; 0 is the chief, which alone writes.
        hosts: host:port of each, in order; none where there is one worker.
    """

    workers: int = 1
    index: int = 0
    hosts: tuple[str, ...] = dataclasses.field(default=(), compare=False)


def read_cluster(text=None):
    """Returns the Cluster that TF_CONFIG describes; that of one worker where it is not set or names no cluster.

    Args:
        text: the variable's value; None reads it from the environment.

    Raises:
        InputError: it is no JSON, or lacks a part.
    """
    text = os.environ.get(TF_CONFIG, "") if text is None else text
    if not text.strip():
        return Cluster()
    try:
        found = json.loads(text)
    except ValueError as problem:
        raise InputError(f"{TF_CONFIG} is no JSON ({problem}); it should look like {EXAMPLE}.") from None
    if not isinstance(found, dict):
        raise _wrong("is no object")
    if "cluster" not in found:
        return Cluster()
    first = _hosts(found["cluster"])
    task = found.get("task")
    if not isinstance(task, dict) or "type" not in task or "index" not in task:
        raise _wrong("lacks the task of this process")
    kind, index = task["type"], _number(task["index"])
    if not isinstance(kind, str) or kind not in first:
        raise _wrong(f"gives this process the task type {kind!r}, which is none of {', '.join(first)}")
    begin, count = first[kind]
    if index is None or not 0 <= index < count:
        raise _wrong(f"gives this process the index {task['index']!r}, but there are {count} of type {kind!r}")
    hosts = tuple(host for job in first for host in found["cluster"][job])
    return Cluster(len(hosts), begin + index, hosts)


def _hosts(cluster):
    """Returns {task type: (number of its first worker, how many there are)}."""
    found, begin = {}, 0
    for job in JOBS:
        hosts = cluster.get(job, []) if isinstance(cluster, dict) else None
        if not isinstance(hosts, list) or not all(map(_is_address, hosts)):
            raise _wrong(f"needs a list of host:port for the task type {job!r}")
        if hosts:
            found[job] = begin, len(hosts)
            begin += len(hosts)
    others = sorted(set(cluster) - set(JOBS))
    if others or not found:
        raise _wrong(f"names the task type {others[0]!r}" if others else "names no workers")
    if len(cluster.get("chief", [])) > 1:
        raise _wrong("names several chiefs")
    return found


def _is_address(host):
    name, _, port = host.rpartition(":") if isinstance(host, str) else ("", "", "")
    return bool(name) and port.isdecimal() and 0 < int(port) < PORTS


def _number(value):
    """Returns an index, which some cluster managers write as text, or None where it is none."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _wrong(what):
    return InputError(f"{TF_CONFIG} {what}; it should look like {EXAMPLE}.")
