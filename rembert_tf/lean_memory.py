"""Less memory on a processor: what a tensor held goes back to the system as soon as the tensor is gone."""

import ctypes
import os

# TensorFlow's oneDNN allocator keeps what is freed, in pieces that the next tensor may not fit into; this makes it ask
# the C library instead (tensorflow/core/util/onednn_env_vars.cc).
SYSTEM_ALLOCATOR = "TF_ONEDNN_USE_SYSTEM_ALLOCATOR"
# glibc gives back blocks of at least this many bytes, but raises the limit up to 32 MiB when it sees large ones freed,
# unless a program sets it (malloc.h: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD).
LARGE_BLOCK = 1 << 20
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def use_lean_memory():
    """Lets this process give freed tensors back at once, for a training that only just does not fit.

    Call it before the first tensor exists. Every large tensor is then fresh memory from the system, which takes time:
    docs/benchmarks.md has how much memory and time. Nothing changes on a GPU or TPU, or in what is computed; without
    glibc only TensorFlow's own pool is given up.
    """
    os.environ.setdefault(SYSTEM_ALLOCATOR, "1")
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(M_MMAP_THRESHOLD, LARGE_BLOCK)
        set_option(M_TRIM_THRESHOLD, LARGE_BLOCK)
