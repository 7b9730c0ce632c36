"""Temporary files of runs that were killed: known by the lock that nobody holds any more."""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: what killed runs left stays there
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

_NAME = re.compile(r"\.stylecam-[0-9a-f]{12}(\.\w+)?", re.ASCII)


class TemporaryPlace:
    """A hidden file or folder with a new name, locked for as long as it is in use.

    Args:
        folder: where to make it; what killed runs have left there is removed.
        make: makes it, and raises FileExistsError where something has the name.
        suffix: of the name.

    Attributes:
        path: of the file or folder.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, folder: Path, make: Callable[[Path], object], suffix: str = "") -> None:
        remove_leftovers(folder)
        while True:
            self.path = folder / f".stylecam-{secrets.token_hex(6)}{suffix}"
            make(self.path)
            self._descriptor = _lock(self.path)
            # Another run may have taken it for a leftover before it was locked.
            if self.path.exists():
                return
            self.release()

    def release(self) -> None:
        """Unlock it; harmless when repeated."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files and folders in ``folder`` that no running stylecam uses."""
    if fcntl is None:
        return
    with suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - a folder can hold many names
            if _NAME.fullmatch(name):
                _remove_unused(folder / name)


def _remove_unused(path: Path) -> None:
    descriptor = _lock(path)
    if descriptor is None:
        return
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        logger.info("removed %s, which a run that was killed has left", path)
    except OSError as error:
        logger.info("%s stays: %s", path, error)
    finally:
        os.close(descriptor)


def _lock(path: Path) -> int | None:
    """A descriptor that holds the lock; None if somebody else does, or nothing can be locked."""
    if fcntl is None:
        return None
    descriptor = None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if descriptor is not None:
            os.close(descriptor)
        return None
    return descriptor
