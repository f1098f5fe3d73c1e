"""What a run took: time and memory, child processes included."""

import os
import resource
import sys
import time


def resources_used(started):
    """Returns the resources of this process and of its finished children.

    Args:
        started: `time.monotonic()` at the beginning.

    Returns:
        dict "wall_seconds", "cpu_seconds" and "peak_memory_gb": this process' highest resident memory plus
        that of its largest child, an upper bound, in 10 ** 9 bytes.
    """
    times = os.times()
    bytes_per_unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): kilobytes on Linux
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "wall_seconds": time.monotonic() - started,
        "cpu_seconds": times.user + times.system + times.children_user + times.children_system,
        "peak_memory_gb": sum(peaks) * bytes_per_unit / 1e9,
    }
