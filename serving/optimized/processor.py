"""What this machine's processor can compute fast."""

from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
# As Linux spells them: instructions that multiply bfloat16 matrices or vectors.
BFLOAT16_FLAGS = {"amx_bf16", "avx512_bf16"}


def computes_bfloat16(cpu_info=CPU_INFO):
    """Returns whether every core multiplies in bfloat16; False where that cannot be read.

    Args:
        cpu_info: a file in the form of Linux's /proc/cpuinfo.
    """
    try:
        lines = Path(cpu_info).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    cores = [set(line.partition(":")[2].split()) for line in lines if line.partition(":")[0].strip() == "flags"]
    return bool(cores) and all(BFLOAT16_FLAGS & flags for flags in cores)
