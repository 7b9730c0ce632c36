"""Where a live source gets its pictures: a camera through OpenCV, a network stream through PyAV."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import av
import cv2
import numpy as np

from ..errors import SourceError
from ..frame import Image
from ..messages import one_line
from ..opencv import quiet_opencv
from .orientation import Orientation
from .rgb import RgbConverter

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_OPEN_SECONDS = 10.0
_READ_SECONDS = 4.0
"""How long a stream may stand still before it counts as gone; closing may take as long."""
_LOW_DELAY = {"fflags": "nobuffer", "analyzeduration": "2000000"}


class Capture(Protocol):
    """One connection to a camera or a stream.

    Attributes:
        rate: frames per second that it claims; None where it says nothing.
    """

    rate: Fraction | None

    def read(self) -> Image | None:
        """The next picture (uint8 ``[H, W, 3]``, RGB), waiting for it; None if it has gone."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


class CameraCapture:
    """A camera of this machine.

    Args:
        number: as the system counts cameras.
        size: (width, height) to ask for, in pixels; the camera may deliver another.
        rate: frames per second to ask for.

    Raises:
        SourceError: it cannot be opened.
    """

    def __init__(
        self, number: int, size: tuple[int, int] | None = None, rate: Fraction | None = None
    ) -> None:
        with quiet_opencv():
            self._capture = cv2.VideoCapture(number)
            if not self._capture.isOpened():
                self._capture.release()
                raise SourceError(f"camera {number} cannot be opened; {_why_closed(number)}")
            if size is not None:
                # Uncompressed, most cameras cannot deliver large pictures at full rate.
                self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
                self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
                self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
            if rate is not None:
                self._capture.set(cv2.CAP_PROP_FPS, float(rate))
        claimed = self._capture.get(cv2.CAP_PROP_FPS)
        # What the driver claims is often wrong: a hint for a display, not a clock.
        self.rate = Fraction(claimed).limit_denominator(1001) if 1 <= claimed <= 1000 else None

    def read(self) -> Image | None:
        """The next picture; None if the camera has gone."""
        with quiet_opencv():
            read, bgr = self._capture.read()
        if not read:
            return None
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()


class StreamCapture:
    """A network stream: MJPEG over http, RTSP, RTMP, MPEG-TS over UDP, ...

    Args:
        address: for FFmpeg.

    Raises:
        SourceError: nothing answers, or there is no video in it.
    """

    def __init__(self, address: str) -> None:
        options = dict(_LOW_DELAY)
        if address.lower().startswith("rtsp"):
            options["rtsp_transport"] = "tcp"  # UDP loses packets, which shows as torn pictures
        try:
            self._container = av.open(
                address, options=options, timeout=(_OPEN_SECONDS, _READ_SECONDS)
            )
        except (av.FFmpegError, OSError) as error:
            raise SourceError(
                f"stream {address} cannot be opened ({_reason(error)});"
                " check the address and the network"
            ) from error
        if not self._container.streams.video:
            self._container.close()
            raise SourceError(f"stream {address} has no video; check the address")
        stream = self._container.streams.video[0]
        # Threads that work on several frames at once would hold each one back.
        stream.thread_type = "SLICE"
        rate = stream.average_rate or stream.guessed_rate
        self.rate = Fraction(rate) if rate and 1 <= rate <= 1000 else None
        self._codec = stream.codec_context.name
        self._frames = _decode(self._container, stream)
        self._converter: RgbConverter | None = None
        self._size = (0, 0)

    def read(self) -> Image | None:
        """The next picture; None if the stream has ended, stands still or sends garbage only."""
        deadline = time.monotonic() + _READ_SECONDS
        for frame in self._frames:
            if frame is not None:
                break
            if time.monotonic() > deadline:
                return None
        else:
            return None
        if self._converter is None or self._size != (frame.width, frame.height):
            self._size = (frame.width, frame.height)
            self._converter = RgbConverter(*self._size, Orientation(), self._codec)
        return self._converter(frame)

    def close(self) -> None:
        """Hang up."""
        self._frames = iter(())
        self._container.close()


def _decode(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame | None]:
    """Every frame that decodes; None for a packet without one, damaged on its way perhaps."""
    with suppress(av.FFmpegError, OSError):
        for packet in container.demux(stream):
            frames: list[av.VideoFrame] = []
            with suppress(av.InvalidDataError):
                frames = packet.decode()
            if frames:
                yield from frames
            else:
                yield None


def _why_closed(number: int) -> str:
    device = Path(f"/dev/video{number}")
    if sys.platform == "linux":
        if not device.exists():
            return f"there is no {device}; 'stylecam cameras' lists what there is"
        if not os.access(device, os.R_OK | os.W_OK):
            return f"there is no permission for {device}; add your user to the group 'video'"
    return "is another program using it? 'stylecam cameras' lists what there is"


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or one_line(error)
