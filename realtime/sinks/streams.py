"""Carry sound, subtitles, data, attachments, chapters and tags over from the input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import av
from av.stream import Discard

from ..errors import SinkError
from ..sources.opening import open_again
from .adoption import StreamAdopter
from .atomic import reason
from .routes import CopyRoute, Route, Window
from .tags import container_tags

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream

_SEEK_MARGIN = 10
"""Seconds read before a cut, for subtitles that are still being shown there."""
_AVI_TOLERANCE = Fraction(1, 20)
"""Seconds that sound may be shifted without a word: lips and voice still agree."""
_SOUND_MISSING = Fraction(1, 2)
"""Seconds that sound of a transport stream may end before the pictures without a word."""
_SOUND_GAP = Fraction(1, 20)
"""Seconds without sound, where it goes on afterwards, beyond which some has been lost."""
_READ_ON = 5
"""Seconds read behind a cut, because packets of different streams are not in strict order."""


class CopySource(Protocol):
    """What is needed of the source whose frames are written; `VideoFileSource` has it."""

    path: Path
    stream_index: int
    cut_begin: Fraction | None
    cut_end: Fraction | None
    exhausted: bool


class StreamCopier:
    """Reads the input a second time, beside the decoder, and copies packets as time goes on.

    Nothing is held in memory: a packet is read when the video has come to its time.

    Attributes:
        warnings: what could not be carried over as it is.
        damaged: whether parts of the input were broken or missing.

    Raises:
        SinkError: the input cannot be opened again.
    """

    def __init__(self, source: CopySource) -> None:
        self.warnings: list[str] = []
        self.damaged = False
        self._source = source
        self._window = Window(source.cut_begin, source.cut_end)
        self._routes: dict[int, Route] = {}
        self._packets: Iterator[Packet[Stream]] = iter(())
        self._pending: Packet[Stream] | None = None
        self._avi_ends: dict[int, Fraction] = {}
        self._avi_gaps: dict[int, Fraction] = {}
        self._read_until = Fraction(0)
        self._broken = 0
        self._sound_ends: dict[int, Fraction] = {}
        try:
            self._input = open_again(source.path)
        except (av.FFmpegError, OSError) as error:
            raise SinkError(f"{source.path} cannot be read again: {reason(error)}") from error

    def start(self, default: Fraction) -> Fraction:
        """When the earliest stream of the input begins, in seconds; ``default`` if unknown."""
        ticks = self._input.start_time
        return default if ticks is None else Fraction(ticks, av.time_base)

    def clocks(self) -> list[int]:
        """Denominators of the time bases of the other streams, in ticks per second."""
        return [
            stream.time_base.denominator
            for stream in self._input.streams
            if stream.index != self._source.stream_index and stream.time_base
        ]

    def tags(self) -> dict[str, str]:
        """The container's tags, without those that describe the old file."""
        return container_tags(self._input.metadata)

    def add_streams(
        self, output: OutputContainer, add_video: Callable[[Stream | None], None]
    ) -> None:
        """Create the output's streams in the order of the input's.

        Args:
            output: to add them to.
            add_video: called with the input's stream when the turn is at the painted one.
        """
        adopter = StreamAdopter(output, self._source.path, self.warnings)
        for stream in self._input.streams:
            if stream.index == self._source.stream_index:
                add_video(stream)
                stream.discard = Discard.all
                continue
            # The text track that holds the chapters of an MP4 is written anew with them.
            is_chapters = stream.type == "data" and stream.discard == Discard.all
            route = None if is_chapters else adopter.adopt(stream)
            if route is None:
                stream.discard = Discard.all
            else:
                self._routes[stream.index] = route

    def chapters(self, shift: Fraction) -> list[Any]:
        """The chapters within the cut, on the output's time line."""
        chapters = []
        for chapter in self._input.chapters():
            unit = chapter["time_base"] or Fraction(1, av.time_base)
            start, end = chapter["start"] * unit, chapter["end"] * unit
            if self._window.begin is not None:
                start = max(start, self._window.begin)
            if self._window.end is not None:
                end = min(end, self._window.end)
            if end > start:
                start, end = start - shift, end - shift
                chapters.append({**chapter, "start": round(start / unit), "end": round(end / unit)})
        return chapters

    def begin(self, output: OutputContainer, shift: Fraction) -> None:
        """Start reading, with ``shift`` seconds subtracted from every time."""
        self._output = output
        self._window = Window(self._window.begin, self._window.end, shift)
        if not self._routes:
            return
        early = (self._window.begin or 0) - _SEEK_MARGIN
        # A jump to before the beginning fails in some formats, and leaves the file anywhere.
        if early > self.start(Fraction(0)):
            with suppress(av.FFmpegError):
                self._input.seek(int(early * av.time_base))
        wanted = [stream for stream in self._input.streams if stream.index in self._routes]
        self._packets = self._input.demux(wanted)
        self._next()

    def advance(self, until: Fraction) -> None:
        """Copy what is due by ``until``, in seconds of the output.

        Raises:
            av.FFmpegError: the output cannot be written.
        """
        while self._pending is not None:
            if _time(self._pending) - self._window.shift > until:
                return
            self._copy(self._pending)
            self._next()

    def finish(self, until: Fraction | None, pictures_end: Fraction) -> None:
        """Copy the rest: all, or what begins before ``until``; both in seconds of the output.

        Args:
            until: where to stop, or None for all.
            pictures_end: when the last picture ends.

        Raises:
            av.FFmpegError: the output cannot be written.
        """
        if until is not None:
            end = until + self._window.shift
            if self._window.end is None or end < self._window.end:
                self._window = Window(self._window.begin, end, self._window.shift)
        while self._pending is not None:
            self._copy(self._pending)
            self._next()
        for route in self._routes.values():
            for packet in route.flush():
                self._mux(packet)
        for index, end in self._sound_ends.items():
            if pictures_end + self._window.shift - end > _SOUND_MISSING:
                self.warnings.append(
                    f"{self._source.path.name}: the sound of stream {index} ends"
                    f" {float(pictures_end + self._window.shift - end):.1f} s before the pictures;"
                    " the file may be cut off"
                )
        if self._broken:
            self.damaged = True
            self.warnings.append(
                f"{self._source.path.name} is damaged: sound or subtitles are missing in"
                f" {self._broken} places"
            )
        if self._avi_gaps:
            self.warnings.append(
                f"{self._source.path.name}: avi cannot hold gaps in the sound; after them it plays"
                f" {float(max(self._avi_gaps.values())):.2f} s early; write an .mkv or .mp4 file"
                " instead"
            )
        if any(isinstance(route, CopyRoute) and route.mended for route in self._routes.values()):
            self.warnings.append(
                f"{self._source.path.name}: copied packets whose times went backwards were mended"
            )

    def close(self) -> None:
        """Release the input; harmless when repeated."""
        self._packets = iter(())
        self._input.close()

    def _next(self) -> None:
        self._pending = None
        try:
            for packet in self._packets:
                # Without time and content it only marks the end; a cover picture has no time.
                if packet.dts is None and packet.pts is None and not packet.size:
                    continue
                end = self._window.end
                self._read_until = _time(packet)
                if end is not None and self._read_until > end + _READ_ON:
                    return
                self._pending = packet
                return
        except av.MemoryError:
            raise
        except av.FFmpegError:
            # What lies behind a cut is only read because packets are not in strict order.
            if self._window.is_after(self._read_until):
                return
            self.damaged = True
            self.warnings.append(
                f"{self._source.path.name} is damaged: sound and subtitles end early"
            )

    def _copy(self, packet: Packet[Stream]) -> None:
        index = packet.stream_index
        route = self._routes.get(index)
        if route is None:
            return
        self._look_for_damage(packet)
        try:
            for converted in route.feed(packet, self._window):
                self._mux(converted)
        except (av.InvalidDataError, av.ArgumentError) as error:
            # One stream that its container refuses must not cost the whole video.
            del self._routes[index]
            self.warnings.append(
                f"{self._source.path.name}: stream {index} ends early; it cannot be written"
                f" ({error.strerror})"
            )

    def _look_for_damage(self, packet: Packet[Stream]) -> None:
        if not self._window.holds(_time(packet)):
            return
        self._broken += packet.is_corrupt
        # A transport stream has no index that would tell what is missing.
        if packet.stream.type != "audio" or self._input.format.name != "mpegts":
            return
        end = self._sound_ends.get(packet.stream_index)
        self._broken += end is not None and _time(packet) - end > _SOUND_GAP
        length = (packet.duration or 0) * packet.time_base
        self._sound_ends[packet.stream_index] = _time(packet) + length

    def _mux(self, packet: Packet[Stream]) -> None:
        if self._output.format.name == "avi":
            # Every stream of an AVI begins at 0, and goes on without a gap.
            start = (packet.pts or 0) * packet.time_base
            if start < -_AVI_TOLERANCE:
                return
            index = packet.stream_index
            end = self._avi_ends.get(index)
            if end is None and start > _AVI_TOLERANCE:
                self.warnings.append(
                    f"{self._source.path.name}: avi cannot hold sound back; it plays"
                    f" {float(start):.2f} s early; write an .mkv or .mp4 file instead"
                )
            if end is not None and start - end > _AVI_TOLERANCE:
                self._avi_gaps[index] = self._avi_gaps.get(index, Fraction(0)) + start - end
            self._avi_ends[index] = start + (packet.duration or 0) * packet.time_base
        self._output.mux(packet)


def _time(packet: Packet[Stream]) -> Fraction:
    ticks = packet.dts if packet.dts is not None else packet.pts
    return (ticks or 0) * packet.time_base
