"""What the process file system tells of a server."""

import os

import pytest

from rembert_tf.errors import InputError
from rembert_tf.load_testing.server_process import ServerProcess

TICKS = os.sysconf("SC_CLK_TCK")
# 4242 (a name) with brackets) S: state, 10 fields, utime, stime, 6 fields, starttime.
STAT = "4242 (serve (v) 2) S " + "0 " * 10 + "{user} {system} " + "0 " * 6 + "{started} 0 0\n"
STATUS = "Name:\tserve\nVmPeak:\t 900000 kB\nVmHWM:\t   3000 kB\nVmRSS:\t   2000 kB\nThreads:\t4\n"


@pytest.fixture
def process(tmp_path):
    """Writes a process's files: `process(user, system, started)`; returns the folder."""
    folder = tmp_path / "4242"
    (tmp_path / "self").mkdir()
    folder.mkdir()

    def write(user=0, system=0, started=77, status=STATUS):
        (folder / "stat").write_text(STAT.format(user=user, system=system, started=started))
        (folder / "status").write_text(status)
        return tmp_path

    return write


def test_processor_time_and_memory(process):
    server = ServerProcess(4242, process(user=3 * TICKS, system=TICKS))
    usage = server.usage()
    assert (usage.cpu_seconds, usage.resident_bytes, usage.peak_bytes) == (4.0, 2000 * 1024, 3000 * 1024)
    process(user=5 * TICKS, system=TICKS)
    assert server.usage().cpu_seconds == 6.0


def test_a_process_that_ended(process, tmp_path):
    server = ServerProcess(4242, process())
    process(status="Name:\tserve\nState:\tZ (zombie)\n")
    assert server.usage() is None
    process(started=78)  # another process with its number
    assert server.usage() is None
    (tmp_path / "4242" / "stat").unlink()
    assert server.usage() is None


def test_mistakes(process, tmp_path):
    with pytest.raises(InputError, match="--pid 1: no process of this machine"):
        ServerProcess(1, process())
    with pytest.raises(InputError, match="needs Linux"):
        ServerProcess(4242, tmp_path / "nothing")


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="no process file system")
def test_this_process():
    spent = os.times()
    usage = ServerProcess(os.getpid()).usage()
    assert usage.cpu_seconds == pytest.approx(spent.user + spent.system, abs=1.0)
    assert 2**20 < usage.resident_bytes <= usage.peak_bytes
