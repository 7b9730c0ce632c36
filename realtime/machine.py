"""What a measurement depends on: processor, libraries, and what the process has used so far."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib import import_module
from pathlib import Path

from .about import __version__

_LIBRARIES = {"numpy": "numpy", "onnxruntime": "onnxruntime", "av": "av", "opencv": "cv2"}
_CPU_FILE = Path("/proc/cpuinfo")
_STATUS_FILE = Path("/proc/self/status")
_STAT_FILE = Path("/proc/self/stat")
_PAGES_FILE = Path("/proc/self/statm")


def library_versions() -> dict[str, str]:
    """Versions of stylecam, Python, and the libraries that do the work."""
    versions = {"stylecam": __version__, "python": platform.python_version()}
    return versions | {name: import_module(m).__version__ for name, m in _LIBRARIES.items()}


def cpu_name() -> str:
    """The processor's name, as far as the system tells."""
    try:
        lines = _CPU_FILE.read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def peak_memory() -> float | None:
    """The most memory that this process ever held in RAM, in MB (10^6 bytes).

    None where the system does not tell.
    """
    if _STATUS_FILE.exists():
        # Not ru_maxrss: on Linux a new process inherits the peak of the one that started it.
        for line in _STATUS_FILE.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return None


def memory() -> float | None:
    """The memory that this process holds in RAM now, in MB (10^6 bytes).

    None where the system does not tell.
    """
    try:
        pages = int(_PAGES_FILE.read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def process_age() -> float | None:
    """Seconds since this process was started, to a hundredth.

    None where the system does not tell.
    """
    try:
        # The second field is the program's name in brackets, which may hold anything.
        fields = _STAT_FILE.read_text().rpartition(")")[2].split()
    except OSError:
        return None
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started
