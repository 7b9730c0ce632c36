"""What a measurement depends on: the processor, the versions of the libraries, the memory used."""

from __future__ import annotations

import platform
import sys
from importlib import import_module
from pathlib import Path

from .about import __version__

_LIBRARIES = {"numpy": "numpy", "onnxruntime": "onnxruntime", "av": "av", "opencv": "cv2"}
_CPU_FILE = Path("/proc/cpuinfo")
_STATUS_FILE = Path("/proc/self/status")


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
