"""Where a live source gets its pictures: a camera through OpenCV, a network stream through PyAV."""

from __future__ import annotations

import os
import re
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
from ..sizes import MAXIMUM_PIXELS
from .orientation import Orientation
from .rgb import RgbConverter

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_OPEN_SECONDS = 10.0
_READ_SECONDS = 4.0
"""How long a stream may stand still before it counts as gone; closing may take as long."""
_NUMBERED = re.compile(r"/dev/video([0-9]{1,4})", re.ASCII)
_LOW_DELAY = {"fflags": "nobuffer", "analyzeduration": "2000000"}


_REFUSED = (av.HTTPUnauthorizedError, av.HTTPForbiddenError, av.HTTPBadRequestError)
_UNKNOWN = (av.ProtocolNotFoundError, av.DemuxerNotFoundError, av.OptionNotFoundError)


class AbsentError(SourceError):
    """It is not there now, or busy, but may come: worth another try."""


class Capture(Protocol):
    """One connection to a camera or a stream.

    Attributes:
        rate: frames per second that it claims; None where it says nothing.
    """

    rate: Fraction | None

    def read(self) -> tuple[Image, int] | None:
        """The next picture and when it was captured, waiting for it; None if it has gone.

        The picture is uint8 ``[H, W, 3]``, RGB; the time is one of ``time.monotonic_ns``, as near
        to the capture as can be known here.
        """
        ...

    def close(self) -> None:
        """Release it."""
        ...


class CameraCapture:
    """A camera of this machine.

    Args:
        device: number, as the system counts cameras, or path of a device. A link to the device is
            followed anew each time, for the number may change when a camera is plugged in again.
        size: (width, height) to ask for, in pixels; the camera may deliver another.
        rate: frames per second to ask for.

    Raises:
        AbsentError: it is not there, or does not open.
        SourceError: it cannot be used at all.
    """

    def __init__(
        self,
        device: int | Path,
        size: tuple[int, int] | None = None,
        rate: Fraction | None = None,
    ) -> None:
        _check_device(device)
        with quiet_opencv():
            self._capture = _open_device(resolve(device))
            if not self._capture.isOpened():
                self._capture.release()
                raise AbsentError(
                    f"camera {device} cannot be opened; is another program using it?"
                    " 'stylecam cameras' lists what there is"
                )
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

    def read(self) -> tuple[Image, int] | None:
        """The next picture and when it was there; None if the camera has gone."""
        with quiet_opencv():
            grabbed = self._capture.grab()
            # A compressed picture is decoded only after this.
            captured = time.monotonic_ns()
            read, bgr = self._capture.retrieve() if grabbed else (False, None)
        if not read or bgr is None:
            return None
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8), captured

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()


class StreamCapture:
    """A network stream: MJPEG over http, RTSP, RTMP, MPEG-TS over UDP, ...

    Args:
        address: for FFmpeg.

    Raises:
        AbsentError: nothing answers.
        SourceError: it is refused, or there is no video in it.
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
            kind = SourceError if isinstance(error, (*_REFUSED, *_UNKNOWN)) else AbsentError
            raise kind(
                f"stream {address} cannot be opened ({_reason(error)});"
                " check the address and the network"
            ) from error
        if not self._container.streams.video:
            self._container.close()
            raise SourceError(f"stream {address} has no video; check the address")
        stream = self._container.streams.video[0]
        # Threads that work on several frames at once would hold each one back.
        stream.thread_type = "SLICE"
        # A stranger's stream must not fill the memory with one picture.
        stream.codec_context.options = {"max_pixels": str(MAXIMUM_PIXELS)}
        rate = stream.average_rate or stream.guessed_rate
        self.rate = Fraction(rate) if rate and 1 <= rate <= 1000 else None
        self._codec = stream.codec_context.name
        self._frames = _decode(self._container, stream)
        self._converter: RgbConverter | None = None
        self._size = (0, 0)

    def read(self) -> tuple[Image, int] | None:
        """The next picture and when its last packet arrived.

        None if the stream has ended, stands still or sends garbage only.
        """
        deadline = time.monotonic() + _READ_SECONDS
        for frame, arrived in self._frames:
            if frame is not None:
                return self._convert(frame), arrived
            if time.monotonic() > deadline:
                break
        return None

    def _convert(self, frame: av.VideoFrame) -> Image:
        if self._converter is None or self._size != (frame.width, frame.height):
            self._size = (frame.width, frame.height)
            self._converter = RgbConverter(*self._size, Orientation(), self._codec)
        return self._converter(frame)

    def close(self) -> None:
        """Hang up."""
        self._frames = iter(())
        self._container.close()


def _decode(
    container: InputContainer, stream: VideoStream
) -> Iterator[tuple[av.VideoFrame | None, int]]:
    """Every frame that decodes, with the arrival of its packet as a ``time.monotonic_ns``.

    None stands for a packet without a frame, damaged on its way perhaps.
    """
    with suppress(av.FFmpegError, OSError):
        for packet in container.demux(stream):
            arrived = time.monotonic_ns()
            frames: list[av.VideoFrame] = []
            with suppress(av.InvalidDataError):
                frames = packet.decode()
            for frame in frames or (None,):
                yield frame, arrived


def resolve(device: int | Path) -> int | str:
    """What OpenCV takes for a device: its number, or the path of one that has none."""
    if isinstance(device, int):
        return device
    path = str(device.resolve())
    match = _NUMBERED.fullmatch(path)
    return path if match is None else int(match[1])


def _open_device(device: int | str) -> cv2.VideoCapture:
    if isinstance(device, int):
        return cv2.VideoCapture(device)
    # Any other back end would take the path for that of a video file.
    return cv2.VideoCapture(device, cv2.CAP_V4L2)


def _check_device(device: int | Path) -> None:
    """Raise where Linux can tell why a camera will not open."""
    if sys.platform != "linux":
        return
    path = Path(f"/dev/video{device}") if isinstance(device, int) else device
    if not path.exists():
        raise AbsentError(
            f"camera {device} cannot be opened; there is no {path}; 'stylecam cameras' lists what"
            " there is"
        )
    if not os.access(path, os.R_OK | os.W_OK):
        raise SourceError(
            f"camera {device} cannot be opened; there is no permission for {path}; add your user to"
            " the group 'video'"
        )


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or one_line(error)
