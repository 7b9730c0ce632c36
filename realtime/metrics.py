"""How long each stage takes, and what is reported of a run."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which ``percent`` of ``values`` lie, interpolated between neighbours.

    Args:
        values: in any order, at least one.
        percent: 0..100.

    Raises:
        ValueError: no values, or a percentage out of range.
    """
    if not values:
        raise ValueError("a percentile needs at least one value")
    if not 0 <= percent <= 100:
        raise ValueError(f"percent must lie in 0..100, but is {percent}")
    ordered = sorted(values)
    position = (len(ordered) - 1) * percent / 100
    low = math.floor(position)
    high = math.ceil(position)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


class StageTimer:
    """Collects the durations of named stages.

    Each stage may be timed from a thread of its own, or from several.
    """

    def __init__(self) -> None:
        # Plain numbers: hours of film have millions.
        self._seconds: dict[str, array[float]] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Time the body of a ``with``; a body that raises is not counted."""
        start = time.perf_counter()
        yield
        self._add(stage, time.perf_counter() - start)

    def wrap(self, function: Callable[[Item], Result], stage: str) -> Callable[[Item], Result]:
        """The same function, timed."""

        def timed(item: Item) -> Result:
            with self.measure(stage):
                return function(item)

        return timed

    def iterate(self, items: Iterable[Item], stage: str) -> Iterator[Item]:
        """Pass ``items`` on and time how long each takes to arrive."""
        iterator = iter(items)
        while True:
            start = time.perf_counter()
            try:
                item = next(iterator)
            except StopIteration:
                return
            self._add(stage, time.perf_counter() - start)
            yield item

    def _add(self, stage: str, seconds: float) -> None:
        # Neither of the two calls can be divided by another thread.
        self._seconds.setdefault(stage, array("d")).append(seconds)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages timed so far, in the order of their first use."""
        return tuple(self._seconds)

    def milliseconds(self, stage: str) -> list[float]:
        """Every duration of a stage, in milliseconds, in order."""
        return [1000 * seconds for seconds in self._seconds.get(stage, ())]

    def mean(self, stage: str) -> float:
        """Mean duration in milliseconds."""
        return fmean(self.milliseconds(stage))

    def median(self, stage: str) -> float:
        """Median duration in milliseconds."""
        return median(self.milliseconds(stage))

    def means(self, *stages: str) -> dict[str, float]:
        """Mean milliseconds of each of ``stages`` that ran at least once."""
        return {stage: self.mean(stage) for stage in stages if self._seconds.get(stage)}


def frame_rate(count: int, first: float, last: float) -> float:
    """Frames per second of ``count`` frames, the first out at ``first`` and the last at ``last``.

    ``count`` frames are ``count - 1`` intervals; fewer than two frames have no rate, and give 0.
    """
    return (count - 1) / (last - first) if count > 1 and last > first else 0.0


@dataclass(frozen=True, slots=True)
class RunStats:
    """What a run did.

    Attributes:
        frames: number of frames written.
        seconds: from the first request to the last frame written.
        fps: frames per second between the first and the last frame written.
        stages_ms: mean milliseconds per frame of each stage, which may overlap with the others and
            with itself for the next frame, in pipeline order: ``decode``,
            ``reduce``, ``stylize``, ``stabilize``, ``enlarge``, ``compose``, ``encode``; those
            that did not run are absent. Stages overlap in time, so their sum exceeds the time per
            frame.
        interrupted: stopped before the source was exhausted.
    """

    frames: int
    seconds: float
    fps: float
    stages_ms: dict[str, float] = field(default_factory=dict)
    interrupted: bool = False
