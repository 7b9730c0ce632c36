"""Whether an earlier run has finished a video, for ``--resume``."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import OptionError, SourceError

if TYPE_CHECKING:
    from ..batch import Job

_TOLERANCE = Fraction(1, 2)
"""Seconds that containers may disagree about how long a video is."""


def is_painted(job: Job, start: Fraction | None, end: Fraction | None) -> bool:
    """Whether the output of a job is a video that lasts as long as it should.

    A run that Ctrl-C stops leaves a video that plays but ends early.

    Args:
        job: its output exists.
        start: of the part of the input that is painted, in seconds; None for its beginning.
        end: of that part; None for its end.
    """
    wanted, found = _duration(Path(job.input), start, end), _duration(job.output, None, None)
    # An input that is gone, or says nothing of its length, leaves its output as it is.
    return wanted is None or (found is not None and found >= wanted - _TOLERANCE)


def _duration(path: Path, start: Fraction | None, end: Fraction | None) -> Fraction | None:
    """Seconds; None for what is no video."""
    from ..sources.file import VideoFileSource

    try:
        with VideoFileSource(path, start=start, end=end) as source:
            return source.info.duration
    except (OptionError, SourceError):
        return None
