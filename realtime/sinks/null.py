"""A sink that throws frames away: to time everything else."""

from __future__ import annotations

from ..frame import Frame
from .closing import Closing


class NullSink(Closing):
    """Counts frames and keeps none.

    Attributes:
        frames: number of frames taken.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.frames = 0
        self._open = True

    def write(self, frame: Frame) -> None:  # noqa: ARG002 - that is what it is for
        """Take one frame.

        Raises:
            ValueError: after ``close`` or ``abort``.
        """
        if not self._open:
            raise ValueError("this sink is closed and takes no more frames")
        self.frames += 1

    def close(self) -> None:
        """Take no more frames."""
        self._open = False
