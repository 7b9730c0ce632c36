"""Open a video file with PyAV, and say in one line why not."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import av

from ..errors import SourceError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

_NAME_OTHER_FILES = frozenset(
    (
        *("applehttp", "avisynth", "concat", "dash", "hls", "image2", "imf", "lavfi", "rtp"),
        *("rtsp", "sap", "sdp", "vapoursynth", "vobsub", "webm_dash_manifest"),
    )
)
"""Formats whose reader opens other files, or addresses in the network, that a file names."""
_MP4_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"))


def check_readable(path: Path) -> None:
    """Raise unless ``path`` is a file with something in it that may be read.

    Raises:
        SourceError: missing, a folder, a pipe, empty, or without permission.
    """
    try:
        if path.is_dir():
            raise SourceError(f"{path} is a folder, not a video; name a file")
        if not path.exists():
            raise SourceError(f"{path} does not exist; check the name")
        if not path.is_file():
            # The sound is read beside the pictures, from a second opening of the file.
            raise SourceError(
                f"{path} is a pipe or a device, which cannot be read twice; save it as a file first"
            )
        if path.stat().st_size == 0:
            raise SourceError(f"{path} is empty (0 bytes); copy or record it again")
        path.open("rb").close()
    except PermissionError as error:
        raise SourceError(
            f"{path} cannot be read: no permission; change its permissions"
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read: {_reason(error)}") from error


def open_input(path: Path) -> InputContainer:
    """Open a media file.

    Raises:
        SourceError: it cannot be read, or is no media file.
    """
    check_readable(path)
    try:
        return open_again(path)
    except av.InvalidDataError as error:
        if _starts_like_mp4(path):
            raise SourceError(
                f"{path} is incomplete: its index is missing (the recording or the download was"
                " cut off) or damaged; get it again"
            ) from error
        raise SourceError(
            f"{path} is not a video, or is damaged beyond reading; check that it plays"
        ) from error
    except av.ArgumentError as error:
        raise SourceError(
            f"{path} is a playlist, or another kind of file that only names other files, which is"
            " not followed; name the video itself"
        ) from error
    except (av.FFmpegError, OSError) as error:
        raise SourceError(f"{path} cannot be read: {_reason(error)}") from error


def open_again(path: Path) -> InputContainer:
    """Open a media file that is known to be one, and nothing else that it may name.

    Raises:
        av.FFmpegError: it cannot be opened.
        OSError: likewise.
    """
    # An absolute name is never mistaken for a protocol such as "concat:". Tags in another encoding
    # than UTF-8 pass through unharmed.
    return av.open(
        str(path.absolute()),
        metadata_errors="surrogateescape",
        options={"protocol_whitelist": "file", "format_whitelist": _self_contained_formats()},
    )


@functools.cache
def _self_contained_formats() -> str:
    names = {name for names in av.formats_available for name in names.split(",")}
    return ",".join(sorted(names - _NAME_OTHER_FILES))


def find_video(container: InputContainer, path: Path) -> VideoStream:
    """The first video stream that is not merely a cover picture.

    Raises:
        SourceError: there is none, or no decoder for it.
    """
    pictures = 0
    for stream in container.streams.video:
        if is_cover(stream):
            pictures += 1
            continue
        # A stream without a decoder has no codec context, whatever the type stubs say.
        if getattr(stream, "codec_context", None) is None:
            raise SourceError(
                f"{path} holds video in a format that has no decoder here; convert it first"
            )
        return stream
    if container.streams.audio:
        raise SourceError(
            f"{path} holds sound {'and a cover picture ' if pictures else ''}but no video;"
            " name a video file"
        )
    raise SourceError(f"{path} holds no video; name a video file")


def is_cover(stream: Stream) -> bool:
    """Whether a video stream is a cover picture, as music files have."""
    from av.stream import Disposition

    return Disposition.attached_pic in stream.disposition


def _starts_like_mp4(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(8)[4:] in _MP4_BOXES
    except OSError:
        return False


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)
