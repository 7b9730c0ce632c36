"""How fast and how late pictures are shown, in memory that does not grow, which is watched too."""

from __future__ import annotations

from collections import deque

import numpy as np

from ..machine import memory
from ..metrics import frame_rate

_BIN_MS = 0.25
_BINS = 40_000
_RECENT = 30
_SETTLE_SECONDS = 60.0
"""By then everything has been loaded and every buffer made."""
_LOOK_SECONDS = 1.0


class Latencies:
    """Percentiles of latencies from counts in bins of a quarter of a millisecond, up to 10 s."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BINS, np.int64)

    def add(self, milliseconds: float) -> None:
        """Count one."""
        self._counts[min(_BINS - 1, max(0, int(milliseconds / _BIN_MS)))] += 1

    def milliseconds(self) -> list[float]:
        """Every one, to a quarter of a millisecond, the shortest first."""
        middles = (np.arange(_BINS) + 0.5) * _BIN_MS
        every: list[float] = np.repeat(middles, self._counts).tolist()
        return every

    def percentile(self, percent: float) -> float | None:
        """Milliseconds that ``percent`` of all did not exceed; None if there are none."""
        total = int(self._counts.sum())
        if total == 0:
            return None
        position = int(np.searchsorted(np.cumsum(self._counts), total * percent / 100))
        return (position + 0.5) * _BIN_MS


class MemoryWatch:
    """Whether memory grows, looked at about once a second.

    Attributes:
        after_a_minute: what the process held then, in MB (10^6 bytes); None before, and where the
            system does not tell.
        highest_later: the most that it held at any look since; None likewise.
    """

    def __init__(self) -> None:
        self.after_a_minute: float | None = None
        self.highest_later: float | None = None
        self._next = _SETTLE_SECONDS

    def look(self, seconds: float) -> None:
        """Take a look, if it is time for one, ``seconds`` after the first picture."""
        if seconds < self._next:
            return
        self._next = seconds + _LOOK_SECONDS
        now = memory()
        if now is None:
            return
        if self.after_a_minute is None:
            self.after_a_minute = self.highest_later = now
        self.highest_later = max(now, self.highest_later or 0.0)


class Meter:
    """Counts pictures as they are shown.

    Attributes:
        frames: how many were shown.
        latencies: from capture to display, of all of them.
        answers: from what the user does to the first picture that was painted accordingly.
        memory: of the process.
        first: time of the first, in seconds.
        last: time of the latest, in seconds.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.latencies = Latencies()
        self.answers = Latencies()
        self.memory = MemoryWatch()
        self.first = 0.0
        self.last = 0.0
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT)

    def shown(self, now: float, latency_ms: float) -> None:
        """A picture is on the screen at ``now`` (seconds), ``latency_ms`` after its capture."""
        if self.frames == 0:
            self.first = now
        self.frames += 1
        self.last = now
        self.latencies.add(latency_ms)
        self.memory.look(now - self.first)
        self._recent.append((now, latency_ms))

    @property
    def fps(self) -> float:
        """Pictures per second from the first to the last."""
        return frame_rate(self.frames, self.first, self.last)

    @property
    def recent_fps(self) -> float:
        """Pictures per second of late, for display."""
        if not self._recent:
            return 0.0
        return frame_rate(len(self._recent), self._recent[0][0], self._recent[-1][0])

    @property
    def recent_latency_ms(self) -> float:
        """Mean latency of late, for display."""
        if not self._recent:
            return 0.0
        return sum(latency for _, latency in self._recent) / len(self._recent)
