"""Whether a core of the machine has nothing to do at this moment."""

import os
from functools import lru_cache
from pathlib import Path

_LOAD = Path("/proc/loadavg")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def core_is_free() -> bool:
    """Whether fewer threads want to run, the one that asks among them, than there are cores for this process.

    Linux counts the threads of the whole machine, also from inside of a container; where it does not tell, no core
    counts as free.
    """
    try:
        running = int(_told(_LOAD).split()[3].partition(b"/")[0])
    except (OSError, ValueError, IndexError):
        return False
    return 0 < running < _cores()


def _cores() -> float:
    """Cores that this process may use: those that it may run on, and what its control group grants."""
    try:
        granted, _, period = _told(_QUOTA).partition(b" ")
        quota = float(granted) / float(period)
    except (OSError, ValueError):  # no version 2 of control groups, or "max"
        quota = float("inf")
    return min(len(os.sched_getaffinity(0)), quota)


def _told(path: Path) -> bytes:
    """What one of Linux's own files says now; it is opened once, which takes longer than to read it. Raises OSError."""
    descriptor = _opened(path)
    if descriptor is None:
        raise FileNotFoundError(path)
    return os.pread(descriptor, 256, 0)


@lru_cache(maxsize=8)
def _opened(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
