"""Decoded frames of one stream in order, as far as the file can be decoded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

import av

from .timeline import last_indexed_dts, tagged_duration

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_GENERATE_TIMES = 1
"""FFmpeg's AVFMT_FLAG_GENPTS."""
_MOST_THREADS = 4
"""A network leaves a decoder little to do; more threads only hold more frames in memory."""
_STEPS_BACK = (0, 5, 30)
"""Seconds before the wanted time at which seeking is tried, until it lands early enough."""
_LARGEST_LIMIT = 2**31 - 1
"""FFmpeg counts pixels in 32 bits."""
_TOLERANCE = Fraction(1, 2)
"""Seconds that may be missing at the end before a file counts as cut off."""


class Decoder:
    """Decodes one video stream, noting damage instead of stopping at it.

    Args:
        container: the file.
        stream: one of its streams.
        max_pixels: larger pictures count as damage.

    Attributes:
        last_time: presentation time of the latest frame, in seconds; None before the first.
        damage: about when (in seconds) each packet or frame stood that was lost or broken; the end
            missing counts as one.
        is_encrypted: the packets are encrypted, so that what comes out is noise.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, max_pixels: int) -> None:
        # What the container says of the size can be wrong, and it can change on the way.
        stream.codec_context.options = {"max_pixels": str(min(max_pixels, _LARGEST_LIMIT))}
        stream.codec_context.thread_type = "AUTO"
        stream.codec_context.thread_count = min(os.cpu_count() or 1, _MOST_THREADS)
        # PyAV has FFmpeg invent missing times, which go back and forth where frames are reordered.
        container.flags &= ~_GENERATE_TIMES
        self._container = container
        self._stream = stream
        self._time_base = stream.time_base or Fraction(1, av.time_base)
        self.last_time: Fraction | None = None
        self.damage: list[Fraction] = []
        self.is_encrypted = False
        self._packet_time = Fraction(0)

    def frames(self) -> Iterator[tuple[Fraction, av.VideoFrame]]:
        """(presentation time in seconds, frame) from where the file stands to its end."""
        self.damage = []
        self.last_time = None
        self._packet_time = Fraction(0)
        packets = self._packets()
        last_dts: int | None = None
        for packet in packets:
            last_dts = packet.dts if packet.dts is not None else last_dts
            for frame in self._decode(packet):
                self.last_time = self._time(frame)
                if frame.is_corrupt:
                    self.damage.append(self.last_time)
                yield self.last_time, frame
        if self._ends_early(last_dts):
            self.damage.append(self._packet_time)

    def frames_from(self, time: Fraction) -> Iterator[tuple[Fraction, av.VideoFrame]]:
        """The same, beginning with the first frame at or after ``time`` (in seconds)."""
        frames = self._seek(time)
        return ((when, frame) for when, frame in frames if when >= time)

    def _seek(self, time: Fraction) -> Iterator[tuple[Fraction, av.VideoFrame]]:
        for back in _STEPS_BACK:
            try:
                ticks = int((time - back) / self._time_base // 1)
                self._container.seek(ticks, stream=self._stream)
            except av.FFmpegError:
                break
            frames = self.frames()
            first = next(frames, None)
            if first is not None and first[0] <= time:
                return chain((first,), frames)
        # A format that cannot be positioned at all still stands at its beginning.
        with suppress(av.FFmpegError):
            self._container.seek(min(self._stream.start_time or 0, 0) - 1, stream=self._stream)
        return self.frames()

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        packets = self._container.demux(self._stream)
        broken: list[Packet[VideoStream]] = []
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.MemoryError:
                raise
            except av.FFmpegError:
                self.damage.append(self._packet_time)
                break
            ticks = packet.pts if packet.pts is not None else packet.dts
            if ticks is not None:
                self._packet_time = ticks * (packet.time_base or self._time_base)
            if not packet.size and packet.dts is not None:
                # An empty packet says that nothing changed: the picture before it stays.
                continue
            self.is_encrypted |= packet.has_sidedata("encryption_info")
            if packet.is_corrupt:
                self.damage.append(self._packet_time)
                broken.append(packet)
                continue
            # A broken packet at the very end is half a frame: with it the decoder fails while it
            # hands out the frames that it still holds, and those would be lost.
            if packet.size:
                yield from broken
            broken = []
            yield packet
        # Reading broke off before the decoder was told to hand out what it still holds.
        flush: Packet[VideoStream] = av.Packet()  # type: ignore[assignment]
        flush.stream = self._stream
        yield flush

    def _decode(self, packet: Packet[VideoStream]) -> list[av.VideoFrame]:
        try:
            return packet.decode()
        except av.EOFError:
            return []
        except av.MemoryError:
            # The file is whole, so what was painted must not pass for all of it.
            raise
        except av.FFmpegError:
            # Before the first picture this is normal: recordings often begin amid a scene.
            if self.last_time is not None:
                self.damage.append(self._packet_time)
            return []

    def _time(self, frame: av.VideoFrame) -> Fraction:
        if frame.pts is not None:
            return frame.pts * (frame.time_base or self._time_base)
        # AVI has no presentation times; the decoder hands frames out in order, so the decoding
        # times that come with them serve.
        if frame.dts is not None:
            return frame.dts * (frame.time_base or self._time_base)
        if self.last_time is None:
            return Fraction(0)
        # Raw streams carry no times at all.
        rate = self._stream.average_rate or self._stream.guessed_rate or Fraction(25)
        return self.last_time + 1 / rate

    def _ends_early(self, last_dts: int | None) -> bool:
        indexed = last_indexed_dts(self._container, self._stream)
        if indexed is not None and last_dts is not None:
            return last_dts < indexed
        promised = tagged_duration(self._stream)
        if promised is None or self.last_time is None:
            return False
        return self.last_time + _TOLERANCE < promised - 1 / (
            self._stream.average_rate or Fraction(25)
        )
