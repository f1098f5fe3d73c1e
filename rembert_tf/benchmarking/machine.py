"""What a figure is worth nothing without: the machine, its load, and who else used it."""

import importlib.metadata
import os
import platform
import resource
import time
from pathlib import Path

# Of the many flags those that decide how fast a matrix product is.
FLAGS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
BFLOAT16 = ("avx512_bf16", "amx_bf16")
PACKAGES = ("tensorflow", "tensorflow-text", "keras", "numpy", "rembert-tf")
QUIET = 0.5  # of the cores: what may be busy with something else


def describe(threads):
    """Returns the processor, its flags, cores, threads, system and versions, as a dictionary."""
    model, flags = processor()
    return {
        "processor": model,
        "flags": [flag for flag in FLAGS if flag in flags],
        "cores": os.cpu_count(),
        "threads": threads,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version for name in PACKAGES if (version := installed_version(name))},
    }


def processor():
    """Returns the processor's name and its set of flags; what Linux does not say is left empty."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine(), set()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    fields = {name.strip(): value.strip() for name, value in fields.items()}
    return fields.get("model name", platform.machine()), set(fields.get("flags", "").split())


def has_bfloat16():
    """Returns whether the processor multiplies bfloat16 by itself."""
    return bool(processor()[1] & set(BFLOAT16))


def installed_version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


class Load:
    """How busy the machine was before, during and after a benchmark.

    Attributes:
        before: load average of the last minute when it began.
    """

    def __init__(self):
        self.before = os.getloadavg()[0]
        self._began = time.monotonic()
        self._busy, self._ours = busy_seconds(), own_seconds()

    def finish(self):
        """Returns `load_before`, `load_after`, `others` (cores that others kept busy, or None), and `quiet`.

        Processes of ours count once they have ended.
        """
        others, busy = None, busy_seconds()
        if busy is not None:
            ours = own_seconds() - self._ours
            others = max(0.0, (busy - self._busy - ours) / (time.monotonic() - self._began))
        limit = QUIET * os.cpu_count()
        return {
            "load_before": round(self.before, 2),
            "load_after": round(os.getloadavg()[0], 2),
            "others": None if others is None else round(others, 2),
            # The load average also remembers what ended before; it decides only where nothing better is known.
            "quiet": (self.before if others is None else others) <= limit,
        }


def busy_seconds():
    """Returns the processor seconds that the whole machine has spent working; None where Linux does not say."""
    try:
        numbers = [int(number) for number in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    except OSError:
        return None
    user, nice, system, _, _, interrupts, soft_interrupts = numbers[:7]
    return (user + nice + system + interrupts + soft_interrupts) / os.sysconf("SC_CLK_TCK")


def own_seconds():
    """Returns the processor seconds of this process and of those of its children that have ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)
