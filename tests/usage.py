"""What the process holds: to see that it does not become more and more."""

from __future__ import annotations

import gc
import logging
import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from realtime import machine

logger = logging.getLogger(__name__)

MEBIBYTE = 2**20
NEEDS_LINUX = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="needs Linux to look inside"
)
SOAK_FRAMES = int(os.environ.get("STYLECAM_SOAK_FRAMES", "6000"))


class Usage:
    """What the process holds, compared with how it was when this was made."""

    def __init__(self) -> None:
        self.before = memory(), handles(), threading.active_count()

    def growth(self) -> tuple[float, int, int]:
        """Of memory in MiB, of handles and of threads."""
        now = memory(), handles(), threading.active_count()
        return now[0] - self.before[0], now[1] - self.before[1], now[2] - self.before[2]

    def check(self, growth: float) -> None:
        """Raise where memory has grown by ``growth`` MiB, or anything else at all."""
        mebibytes, files, threads = self.growth()
        logger.info("grown by %.1f MiB, %d handles, %d threads", mebibytes, files, threads)
        assert threads <= 0
        assert files <= 0
        assert mebibytes < growth


def memory() -> float:
    """MiB of this process in RAM."""
    gc.collect()
    return machine.memory() * 1e6 / MEBIBYTE


def handles() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - one of them is the list itself


def held_open(folder: Path) -> list[Path]:
    """The files of a folder that the process has open; none where the system does not tell."""
    held = []
    for handle in Path("/proc/self/fd").glob("*"):
        with suppress(FileNotFoundError):  # the handle of the list itself
            held.append(handle.readlink())
    return [path for path in held if path.is_relative_to(folder.resolve())]
