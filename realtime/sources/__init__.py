"""Where frames come from; every implementation is imported only on demand."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import OptionError

if TYPE_CHECKING:
    from ..interfaces import LiveSource, Source
    from ..sizes import SizeRequest

IMAGE_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".pgm", ".avif", ".jp2")
)
"""What counts as a picture; everything else is left to the video decoder."""

_CAMERA = re.compile(r"(?:/dev/video)?([0-9]{1,4})", re.ASCII)
_CAMERA_LINK = re.compile(r"/dev/v4l/by-[a-z]+/[^/]+")
"""Linux names cameras so by what they are or where they are plugged in, while they are."""
_STREAM = re.compile(r"(https?|rtsps?|rtmps?|udp|rtp|tcp|srt)://", re.IGNORECASE)


def is_live(spec: str | Path) -> bool:
    """Whether ``spec`` names a camera or a network stream."""
    return is_camera(spec) or _STREAM.match(str(spec)) is not None


def is_camera(spec: str | Path) -> bool:
    """Whether ``spec`` names a camera of this machine: its number, or the path of a device."""
    return _camera(str(spec)) is not None


def open_source(
    spec: str | Path,
    *,
    start: Fraction | None = None,
    end: Fraction | None = None,
    size: SizeRequest | None = None,
    camera_size: tuple[int, int] | None = None,
    camera_fps: Fraction | None = None,
    max_pixels: int | None = None,
) -> Source:
    """Open whatever ``spec`` names.

    Args:
        spec: a camera (``0``, ``/dev/video0``, ``/dev/v4l/by-id/...``), a network stream
            (``rtsp://...``), ``synthetic`` (a moving test picture), an image, a folder of images,
            or a video file.
        start: first moment of a video file, in seconds.
        end: moment at which a video file ends, in seconds.
        size: bring frames to this size; for files and images.
        camera_size: (width, height) to ask a camera for, in pixels.
        camera_fps: frames per second to ask a camera for.
        max_pixels: most pixels that a picture of a file may have; None for the usual limit.

    Raises:
        SourceError: it does not exist or cannot be decoded.
        OptionError: an option that this kind of source does not have.
    """
    text = str(spec)
    if is_live(spec):
        from .camera import CameraSource

        _refuse(text, start=start, end=end, size=size)
        camera = _camera(text)
        if camera is None:
            _refuse(text, camera_size=camera_size, camera_fps=camera_fps)
        device = text if camera is None else camera
        return CameraSource(device, size=camera_size, rate=camera_fps)
    _refuse(text, camera_size=camera_size, camera_fps=camera_fps)
    if text == "synthetic":
        from .synthetic import SyntheticSource

        _refuse(text, start=start, end=end)
        if size is None:
            return SyntheticSource()
        width, height = size.resolve(SyntheticSource.WIDTH, SyntheticSource.HEIGHT)
        return SyntheticSource(width, height)
    path = Path(spec)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        from .images import ImageSource

        _refuse(text, start=start, end=end)
        return ImageSource(path, size=size, max_pixels=max_pixels)
    from .file import VideoFileSource

    return VideoFileSource(path, start=start, end=end, size=size, max_pixels=max_pixels)


def open_live(
    spec: str | Path,
    *,
    camera_size: tuple[int, int] | None = None,
    camera_fps: Fraction | None = None,
    loop: bool = False,
    patience: float = 0.0,
) -> LiveSource:
    """Open whatever ``spec`` names to be watched as it happens; files play at their own speed.

    A camera or a stream may still be connecting; see ``LiveSource.start``.

    Args:
        spec: as for `open_source`.
        camera_size: (width, height) to ask a camera for, in pixels.
        camera_fps: frames per second to ask a camera for.
        loop: play a file again and again.
        patience: seconds to wait for a camera or a stream that is not there, or has gone.

    Raises:
        SourceError: it does not exist or cannot be decoded.
        OptionError: an option that this kind of source does not have.
    """
    text = str(spec)
    if is_live(spec):
        from .camera import CameraSource

        _refuse(text, loop=loop or None)
        camera = _camera(text)
        if camera is None:
            _refuse(text, camera_size=camera_size, camera_fps=camera_fps)
        device = text if camera is None else camera
        return CameraSource(
            device,
            size=camera_size,
            rate=camera_fps,
            patience=patience,
            resizable=True,
            lazy=True,
        )
    from .paced import PacedSource

    _refuse(text, camera_size=camera_size, camera_fps=camera_fps)
    return PacedSource(lambda: open_source(spec), loop=loop)


def _camera(text: str) -> int | Path | None:
    """The number of a camera or the path of its device; None for what is no camera."""
    match = _CAMERA.fullmatch(text)
    if match is not None:
        return int(match[1])
    try:
        is_device = text.startswith("/") and Path(text).is_char_device()
    except (OSError, ValueError):
        is_device = False
    return Path(text) if is_device or _CAMERA_LINK.fullmatch(text) else None


def _refuse(spec: str, **options: object) -> None:
    for name, value in options.items():
        if value is not None:
            raise OptionError(f"'{spec}' takes no --{name.replace('_', '-')}; leave it out")
