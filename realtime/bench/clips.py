"""The clip that is painted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SourceError
from ..sizes import SizeRequest

if TYPE_CHECKING:
    from ..interfaces import Source


@dataclass(frozen=True, slots=True)
class Clip:
    """A video file, and the size that its frames are brought to.

    Attributes:
        path: of the file.
        width: of the frames, in pixels.
        height: of the frames, in pixels.
        frames: how many of them to take; there may be fewer.
    """

    path: Path
    width: int
    height: int
    frames: int

    def open(self) -> Source:
        """Open the file.

        Raises:
            SourceError: it cannot be decoded.
        """
        from ..sources.file import VideoFileSource

        return VideoFileSource(self.path, size=SizeRequest(self.width, self.height))


def existing_clip(path: Path, size: SizeRequest | None, frames: int) -> Clip:
    """A user's video file at a size.

    Raises:
        SourceError: it cannot be decoded.
        OptionError: an impossible size.
    """
    from ..sources import open_source

    with open_source(path) as source:
        if source.info.is_live:
            raise SourceError(f"{path} is a live source; a benchmark needs a video file")
        width, height = (size or SizeRequest()).resolve(source.info.width, source.info.height)
    return Clip(path, width, height, frames)


def make_clip(folder: Path, size: SizeRequest | None, frames: int) -> Clip:
    """Write a moving test picture as H.264 into ``folder``.

    Raises:
        OptionError: an impossible size.
        SinkError: the disk is full.
    """
    from ..sinks.video import VideoFileSink
    from ..sources.synthetic import SyntheticSource

    width, height = (size or SizeRequest()).resolve(SyntheticSource.WIDTH, SyntheticSource.HEIGHT)
    clip = Clip(folder / f"synthetic-{width}x{height}.mp4", width, height, frames)
    source = SyntheticSource(width, height, frames=frames)
    with VideoFileSink(clip.path, source.info) as sink:
        for frame in source:
            sink.write(frame)
    return clip
