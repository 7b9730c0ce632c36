"""Where frames go; every implementation is imported only on demand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..frame import StreamInfo
    from ..interfaces import Sink, Source
    from .video import VideoOptions

IMAGE_SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"))
"""Formats a single picture can be written in."""


def open_sink(
    path: str | Path,
    info: StreamInfo,
    options: VideoOptions,
    *,
    copy_from: Source | None = None,
) -> Sink:
    """Open the output that ``path`` names.

    Args:
        path: a picture (by its suffix), a folder for one picture per frame (with a slash at its
            end, or existing), ``null`` to throw the frames away, or else a video file.
        info: of the frames that will come.
        options: of the video encoder; ``overwrite`` holds for every kind.
        copy_from: where the frames come from; if that is a video file, and the output too, its
            sound, subtitles and metadata are carried over.

    Raises:
        SinkError: it exists, or cannot be written.
        OptionError: an option that the format does not have.
    """
    text = str(path)
    if text == "null":
        from .null import NullSink

        return NullSink()
    if text.endswith(("/", "\\")) or Path(path).is_dir():
        from .images import ImageFolderSink

        return ImageFolderSink(Path(path), overwrite=options.overwrite)
    if Path(path).suffix.lower() in IMAGE_SUFFIXES:
        from .images import ImageSink

        return ImageSink(Path(path), overwrite=options.overwrite)
    from ..sources.file import VideoFileSource
    from .video import VideoFileSink

    video = copy_from if isinstance(copy_from, VideoFileSource) else None
    return VideoFileSink(Path(path), info, options, copy_from=video)
