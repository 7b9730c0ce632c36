"""Exact times for encoded packets, in order whatever the input says.

The encoder counts frames, at the average rate: that suits every codec, and players find that rate
in the codec's headers. What goes into the container is the exact time of each frame.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ..frame import Frame, StreamInfo

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

_FALLBACK_UNIT = Fraction(1, 90_000)
_FALLBACK_RATE = Fraction(25)
_LARGEST = 2**31 - 1
_LARGEST_RATE_NUMERATOR = 65_535
"""MPEG-4 has 16 bits for it."""


class Clock:
    """Gives packets the times of their frames, each later than the one before.

    Args:
        unit: one tick, in seconds.
        rate: average frames per second; tells how long a frame lasts that does not say it.
        from_zero: show the first frame from 0 until the second, whatever its own time.

    Attributes:
        unit: the same.
        shift: subtracted from every time, in seconds.
        mended: how many frames came at or before the time of the one before.
    """

    def __init__(self, unit: Fraction, rate: Fraction, *, from_zero: bool = False) -> None:
        self.unit = unit
        self._from_zero = from_zero
        self.shift = Fraction(0)
        self.mended = 0
        self._count = 0
        self._start = 0
        self._last: int | None = None
        self._step = max(1, round(1 / (rate * unit)))
        self._duration = self._step
        self._ticks: dict[int, int] = {}
        self._durations: dict[int, int] = {}

    def add(self, frame: Frame) -> int:
        """Remember when the frame is shown, and give its number for the encoder."""
        tick = round((frame.pts - self.shift) / self.unit)
        if self._last is None:
            tick = 0 if self._from_zero else tick
            self._start = tick
        elif tick <= self._last:
            tick = self._last + 1
            self.mended += 1
        self._last = tick
        if frame.duration is not None:
            self._duration = max(1, round(frame.duration / self.unit))
        number = self._count
        self._ticks[number] = tick
        self._durations[number] = self._duration
        self._count += 1
        return number

    def stamp(self, packet: Packet[VideoStream]) -> None:
        """Replace frame numbers by times.

        A packet is decoded when the frame of its decoding number is shown; as the encoder keeps
        decoding numbers in order and not above the frame's own, so are the times.
        """
        shown = packet.pts if packet.pts is not None else packet.dts
        assert shown is not None
        decoded = packet.dts if packet.dts is not None else shown
        # x265 leaves it unset where a video has fewer frames than it would look ahead.
        decoded = min(decoded, shown)
        packet.pts = self._ticks[shown]
        packet.duration = self._durations.pop(shown, self._duration)
        # Frames that wait for others are decoded before the first is shown.
        early = self._start + decoded * self._step
        packet.dts = early if decoded < 0 else self._ticks.pop(decoded)
        packet.time_base = self.unit

    @property
    def end(self) -> Fraction:
        """When the latest frame ends, in seconds after the shift."""
        return ((self._last or 0) + self._duration) * self.unit


def nominal_rate(info: StreamInfo) -> Fraction:
    """Frames per second as a fraction that every codec can write."""
    rate = info.rate if info.rate and info.rate > 0 else _FALLBACK_RATE
    for largest in (100_000, 1001, 100, 1):
        nominal = rate.limit_denominator(largest)
        if 0 < nominal.numerator <= _LARGEST_RATE_NUMERATOR:
            return nominal
    return _FALLBACK_RATE


def choose_unit(info: StreamInfo, *, constant_rate: bool) -> Fraction:
    """The container's time base: the input's, so that no time is rounded.

    Args:
        info: of the frames.
        constant_rate: the container counts frames instead of writing times.
    """
    if constant_rate:
        return 1 / nominal_rate(info)
    unit = info.time_base
    if unit is None:
        unit = Fraction(1, nominal_rate(info).numerator) if info.rate else _FALLBACK_UNIT
    return unit if 0 < unit.denominator <= _LARGEST else _FALLBACK_UNIT
