"""One switch for TensorFlow's native messages, of which a part does not know it."""

import ctypes
import functools
import mmap
import os
import re
import sys
from pathlib import Path

LEVEL = "TF_CPP_MIN_LOG_LEVEL"  # 0 shows everything, 1 warnings, 2 errors, 3 what ends the process
ERRORS = 2
# absl::SetMinLogLevel(absl::LogSeverityAtLeast): a public function of C++, whose name holds absl's release.
_SETTER = re.compile(rb"_ZN4absl\d+lts_\d+14SetMinLogLevelENS0_18LogSeverityAtLeastE")


@functools.cache
def keep_to_log_level():
    """Makes absl's log in TensorFlow keep to TF_CPP_MIN_LOG_LEVEL too; its errors are always shown.

    To be called before XLA first compiles and before a V1 session first runs: each writes a line of information
    there, whatever the variable says, and absl one about itself. Nothing happens where TensorFlow is not imported,
    or its library has no such function.
    """
    level, tensorflow = min(_asked(), ERRORS), sys.modules.get("tensorflow")
    if level == 0 or tensorflow is None:
        return
    for library in Path(tensorflow.sysconfig.get_lib()).glob("libtensorflow_framework.*"):
        name = _setter_in(library)
        if name is not None:
            getattr(ctypes.CDLL(str(library)), name)(ctypes.c_int(level))


def _asked():
    value = os.environ.get(LEVEL, "")
    return int(value) if value.isascii() and value.isdigit() else 0


def _setter_in(library):
    """Returns the function's name in a shared library, or None."""
    with open(library, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = _SETTER.search(content)
        return None if found is None else found[0].decode()
