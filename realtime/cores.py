"""How many processor cores this process may really use."""

from __future__ import annotations

import os
from pathlib import Path

_CPU_FOLDER = Path("/sys/devices/system/cpu")
_QUOTA_FILE = Path("/sys/fs/cgroup/cpu.max")


def available_cores() -> int:
    """Physical cores this process is allowed to run on, at least 1.

    A container or ``taskset`` may allow fewer than the machine has, and two hardware threads of
    one core share its arithmetic units, so neither the machine's count nor that of the hardware
    threads is a good number of threads for a network.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = _distinct_cores(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota() or cores))


def _distinct_cores(threads: set[int]) -> int:
    siblings = set()
    for thread in threads:
        try:
            path = _CPU_FOLDER / f"cpu{thread}" / "topology" / "thread_siblings_list"
            siblings.add(path.read_text())
        except OSError:
            siblings.add(str(thread))
    return len(siblings)


def _quota() -> int | None:
    """Processors granted by a control group (version 2), rounded up, where there is a limit."""
    try:
        granted, period = _QUOTA_FILE.read_text().split()[:2]
        return -(-int(granted) // int(period))
    except (OSError, ValueError):
        return None
