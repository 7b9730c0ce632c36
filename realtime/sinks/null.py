"""A sink that throws frames away: to time everything else."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from ..frame import Frame


class NullSink:
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

    def abort(self) -> None:
        """Take no more frames."""
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
