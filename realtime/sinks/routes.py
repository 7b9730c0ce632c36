"""What happens to one stream that is carried over: copied, or converted if it must be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

import av
from av.subtitles.subtitle import SubtitleSet

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from av.stream import Stream
    from av.subtitles.stream import SubtitleStream

_MILLISECOND = Fraction(1, 1000)
_NO_TEXT = b"\0\0"
_GAP = Fraction(1, 100)
"""Seconds without sound that are more than rounding."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the input that is kept, and how its times change; all in seconds.

    Attributes:
        begin: first moment, or None for all from the beginning.
        end: moment before which to stop, or None.
        shift: subtracted from every time.
    """

    begin: Fraction | None = None
    end: Fraction | None = None
    shift: Fraction = Fraction(0)

    def holds(self, time: Fraction) -> bool:
        """Whether something that starts at ``time`` (of the input) is kept."""
        return not self.is_before(time) and not self.is_after(time)

    def is_before(self, time: Fraction) -> bool:
        """Whether ``time`` (of the input) lies before what is kept."""
        return self.begin is not None and time < self.begin

    def is_after(self, time: Fraction) -> bool:
        """Whether ``time`` (of the input) lies behind what is kept."""
        return self.end is not None and time >= self.end


class Route(Protocol):
    """Turns packets of one input stream into packets of one output stream."""

    def feed(self, packet: Packet[Stream], window: Window) -> Iterator[Packet[Stream]]:
        """The output packets that come of one input packet."""
        ...

    def flush(self) -> Iterator[Packet[Stream]]:
        """The output packets that are still held back when the input is over."""
        ...


class CopyRoute:
    """Same bytes, same times (but for the window's shift)."""

    def __init__(self, output: Stream, *, strict: bool) -> None:
        """Prepare.

        Args:
            output: stream to write to.
            strict: whether the container wants decoding times to grow, or only not to fall.
        """
        self._output = output
        self._gap = int(strict)
        self._last: int | None = None
        self.mended = 0

    def feed(self, packet: Packet[Stream], window: Window) -> Iterator[Packet[Stream]]:
        """The packet as it is, or nothing if it lies outside of the window."""
        pts = packet.pts if packet.pts is not None else packet.dts
        dts = packet.dts if packet.dts is not None else packet.pts
        if pts is None or dts is None:
            return
        # MP4 fills the pauses between subtitles; the muxer does so again by itself.
        if packet.stream.type == "subtitle" and bytes(packet) == _NO_TEXT:
            return
        start = pts * packet.time_base
        length = (packet.duration or 0) * packet.time_base
        if packet.stream.type == "subtitle":
            # What is being shown when the cut comes stays, with the rest of its time.
            kept = max(start, window.begin) if window.begin is not None else start
            stop = start + length if window.end is None else min(start + length, window.end)
            if (start < kept and stop <= kept) or window.is_after(start):
                return
            decode_start, start, length = kept, kept, max(stop - kept, Fraction(0))
        else:
            if not window.holds(start):
                return
            decode_start = dts * packet.time_base
        unit = self._output.time_base or packet.time_base
        packet.stream = self._output
        packet.time_base = unit
        packet.pts = round((start - window.shift) / unit)
        packet.dts = self._in_order(round((decode_start - window.shift) / unit))
        packet.pts = max(packet.pts, packet.dts)
        packet.duration = round(length / unit)
        yield packet

    def _in_order(self, dts: int) -> int:
        if self._last is not None and dts < self._last + self._gap:
            dts = self._last + self._gap
            self.mended += 1
        self._last = dts
        return dts

    def flush(self) -> Iterator[Packet[Stream]]:
        """Nothing: a copy holds nothing back."""
        yield from ()


class CoverRoute:
    """A cover picture: one packet without a place in time."""

    def __init__(self, output: Stream) -> None:
        self._output = output

    def feed(self, packet: Packet[Stream], window: Window) -> Iterator[Packet[Stream]]:
        """The picture, whatever the window."""
        del window
        packet.stream = self._output
        packet.pts = packet.dts = 0
        yield packet

    def flush(self) -> Iterator[Packet[Stream]]:
        """Nothing."""
        yield from ()


class AudioRoute:
    """Sound decoded and encoded again.

    Args:
        output: stream to write to.
        from_zero: the container begins every stream at 0, has no times in it, and knows nothing of
            the silence that an encoder puts in front. Where the input has no sound it is given
            silence, for all that follows would come early.
    """

    def __init__(self, output: AudioStream, *, from_zero: bool = False) -> None:
        self._output = output
        self._from_zero = from_zero
        self._end = Fraction(0)

    def feed(self, packet: Packet[Stream], window: Window) -> Iterator[Packet[Stream]]:
        """Encoded packets, once enough sound has come together for them.

        Raises:
            av.FFmpegError: the encoder fails.
        """
        try:
            frames: list[AudioFrame] = packet.decode()  # type: ignore[assignment]
        except av.MemoryError:
            raise
        except av.FFmpegError:
            # One broken packet is a click; players go on as well.
            frames = []
        for frame in frames:
            unit = frame.time_base
            if frame.pts is None or unit is None or not window.holds(frame.pts * unit):
                continue
            frame.pts -= round(window.shift / unit)
            if self._from_zero:
                for silence in self._silence_before(frame):
                    yield from filter(self._is_sound, self._output.encode(silence))
            yield from filter(self._is_sound, self._output.encode(frame))

    def _silence_before(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        """What fills the time from the sound before to ``frame``, in pieces of a second at most."""
        assert frame.pts is not None
        assert frame.time_base is not None
        rate, start = frame.sample_rate, frame.pts * frame.time_base
        missing = round((start - self._end) * rate) if start - self._end > _GAP else 0
        first = frame.pts - round(missing / rate / frame.time_base)
        for done in range(0, missing, rate):
            silence = av.AudioFrame(frame.format.name, frame.layout.name, min(rate, missing - done))
            zero = b"\x80" if frame.format.name.startswith("u8") else b"\0"
            for plane in silence.planes:
                plane.update(zero * plane.buffer_size)
            silence.sample_rate, silence.time_base = rate, frame.time_base
            silence.pts = first + round(done / rate / frame.time_base)
            yield silence
        self._end = start + Fraction(frame.samples, rate)

    def _is_sound(self, packet: Packet[Stream]) -> bool:
        """False for an encoder's leading silence, which would delay all that follows."""
        if not self._from_zero or packet.pts is None or packet.pts >= 0:
            return True
        return (packet.pts + (packet.duration or 0)) * packet.time_base > _MILLISECOND * 5

    def flush(self) -> Iterator[Packet[Stream]]:
        """The rest of the sound."""
        yield from filter(self._is_sound, self._output.encode(None))


class SubtitleRoute:
    """Text subtitles in another notation."""

    def __init__(self, source: SubtitleStream, output: SubtitleStream) -> None:
        self._source = source
        self._output = output

    def feed(self, packet: Packet[Stream], window: Window) -> Iterator[Packet[Stream]]:
        """One packet for each that holds text and lies within the window."""
        if packet.pts is None or not packet.size:
            return
        start = packet.pts * packet.time_base
        stop = start + (packet.duration or 0) * packet.time_base
        if window.begin is not None:
            start = max(start, window.begin)
        if window.end is not None:
            stop = min(stop, window.end)
        if stop <= start:
            return
        try:
            subtitles = self._source.decode2(packet)
        except av.MemoryError:
            raise
        except av.FFmpegError:
            return
        lines = [] if subtitles is None else [getattr(rect, "ass", b"") for rect in subtitles]
        text = rb"\N".join(line for line in lines if line)
        if not text:
            return
        length = round((stop - start) / _MILLISECOND)
        result = self._output.codec_context.encode_subtitle(SubtitleSet.create(text, 0, length))
        result.stream = self._output
        result.time_base = _MILLISECOND
        result.pts = result.dts = round((start - window.shift) / _MILLISECOND)
        result.duration = length
        yield result

    def flush(self) -> Iterator[Packet[Stream]]:
        """Nothing."""
        yield from ()
