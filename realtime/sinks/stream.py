"""Pictures into the network while they are made: RTMP, RTSP, SRT, or MPEG-TS over UDP, by PyAV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from ..color import LIMITED_RANGE, output_tags
from ..errors import OptionError, SinkError
from ..frame import Frame, StreamInfo
from ..messages import one_line
from .clock import nominal_rate
from .closing import Closing
from .picture import PictureEncoderInput

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_FORMATS = {
    "rtmp": "flv",
    "rtmps": "flv",
    "rtsp": "rtsp",
    "udp": "mpegts",
    "srt": "mpegts",
    "tcp": "mpegts",
}
"""Protocol to FFmpeg's format."""
_UNIT = Fraction(1, 90_000)
_KEYFRAME_SECONDS = 2
"""A viewer who joins sees a picture after so long at most."""
_PATIENCE_MICROSECONDS = 5_000_000
_ENCODER = {"preset": "ultrafast", "tune": "zerolatency", "crf": "23"}


class StreamSink(Closing):
    """Sends H.264 with as little delay as there can be.

    Args:
        address: with its protocol, e.g. ``rtmp://host/app/key`` or ``udp://127.0.0.1:5000``.
        info: of the frames that will come.

    Raises:
        OptionError: the protocol is not known.
        SinkError: nobody takes it there.
    """

    def __init__(self, address: str, info: StreamInfo) -> None:
        self.warnings: list[str] = []
        self._address = address
        self._format = format_of(address)
        self._info = info
        self._open = True
        self._last = -1
        width, height = info.width + info.width % 2, info.height + info.height % 2
        tags = output_tags(info.color, width, height)
        assert tags.matrix is not None
        self._convert = PictureEncoderInput(width, height, "yuv420p", tags.matrix, full_range=False)
        with self._errors("cannot be reached"):
            self._output = av.open(
                address, "w", format=self._format, container_options=self._network_options()
            )
            self._stream = self._add_stream(width, height)
            context = self._stream.codec_context
            context.colorspace = tags.matrix
            context.color_primaries = tags.primaries or 2
            context.color_trc = tags.transfer or 2
            context.color_range = LIMITED_RANGE
            self._output.start_encoding()

    def _network_options(self) -> dict[str, str]:
        options = {"rw_timeout": str(_PATIENCE_MICROSECONDS)}
        if self._format == "flv":
            options["flvflags"] = "no_duration_filesize"  # a stream cannot go back to write them
        if self._format == "rtsp":
            options["rtsp_transport"] = "tcp"
            options["timeout"] = str(_PATIENCE_MICROSECONDS)
        if self._format == "mpegts":
            options["muxdelay"] = "0"
            options["flush_packets"] = "1"
        return options

    def _add_stream(self, width: int, height: int) -> VideoStream:
        rate = nominal_rate(self._info)
        stream = self._output.add_stream(
            "libx264",
            rate=rate,
            options=dict(_ENCODER),
            width=width,
            height=height,
            time_base=_UNIT,
        )
        stream.time_base = _UNIT
        context = stream.codec_context
        context.pix_fmt = "yuv420p"
        context.gop_size = max(1, round(_KEYFRAME_SECONDS * rate))
        # Threads that work on several frames at once would hold each one back.
        context.thread_type = "SLICE"
        return stream

    def write(self, frame: Frame) -> None:
        """Send one frame.

        Raises:
            SinkError: the connection is lost.
            ValueError: the sink is closed.
        """
        if not self._open:
            raise ValueError(f"{self._address} is closed and takes no more frames")
        picture = self._convert(frame.image)
        self._last = max(self._last + 1, round(frame.pts / _UNIT))
        picture.pts, picture.time_base = self._last, _UNIT
        with self._errors("is lost"):
            self._output.mux(self._stream.encode(picture))

    def close(self) -> None:
        """End the stream; harmless when repeated."""
        if not self._open:
            return
        self._open = False
        # Whoever received it may have hung up before; that is as good an end as any.
        with suppress(av.FFmpegError, OSError, ValueError):
            self._output.mux(self._stream.encode(None))
        with suppress(av.FFmpegError, OSError, ValueError):
            self._output.close()

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            why = getattr(error, "strerror", None) or one_line(error)
            raise SinkError(
                f"stream {self._address} {what} ({why}); check the address and the receiver"
            ) from error


def format_of(address: str) -> str:
    """FFmpeg's format for an address.

    Raises:
        OptionError: it has no protocol that is known.
    """
    match = re.match(r"([a-z]+)://.", address, re.IGNORECASE)
    name = None if match is None else _FORMATS.get(match[1].lower())
    if name is None:
        known = ", ".join(f"{protocol}://" for protocol in _FORMATS)
        raise OptionError(f"stream {address!r} has no known protocol; begin it with one of {known}")
    return name
