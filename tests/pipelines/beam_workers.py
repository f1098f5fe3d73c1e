"""Which processes are workers that Beam began."""

import re
import subprocess


def beam_workers(ancestor):
    """Returns the ids of Beam's workers that a process began, or one that it began."""
    rows = subprocess.run(["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout.splitlines()[1:]
    found = {int(pid): (int(parent), words) for pid, parent, words in (row.split(None, 2) for row in rows)}

    def is_below(pid):
        return pid == ancestor or (pid in found and is_below(found[pid][0]))

    return [
        pid
        for pid, (_, words) in found.items()
        if re.match(r"\S*python\S* -m .*sdk_worker_main", words) and is_below(pid)
    ]
