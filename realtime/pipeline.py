"""The core loop: every frame of a source, painted, into a sink, in order and exactly once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Protocol, TypeVar

from .buffered import MapAhead, ReadAhead, WriteBehind
from .frame import Frame, Image
from .interfaces import Scaler
from .metrics import RunStats, StageTimer, frame_rate

Item = TypeVar("Item")

logger = logging.getLogger(__name__)

PAINTERS = 2
"""How many small frames are best painted at the same time, each in a thread of its own.

A network's layers wait for each other's last thread, and what does not divide runs in one; with two
frames under way, one fills the gaps of the other.
"""
_SMALL_PIXELS = 600_000
"""Frames of more pixels are painted one at a time: each under way takes 130 bytes a pixel."""

_STAGES = ("decode", "reduce", "stylize", "stabilize", "enlarge", "compose", "encode")


class FrameWriter(Protocol):
    """The part of a sink that a run needs."""

    def write(self, frame: Frame) -> None:
        """Take one frame."""
        ...


def painters_for(width: int, height: int) -> int:
    """How many frames of so many pixels are best painted at the same time; see ``run``."""
    return PAINTERS if width * height <= _SMALL_PIXELS else 1


def never() -> bool:
    """The default ``stop``: run to the end of the source."""
    return False


def run(
    source: Iterable[Frame],
    stylize: Callable[[Image], Image],
    sink: FrameWriter,
    *,
    stabilize: Callable[[Frame, Image], Image] | None = None,
    scaler: Scaler | None = None,
    compose: Callable[[Image, Image], Image] | None = None,
    stop: Callable[[], bool] = never,
    on_frame: Callable[[int], None] | None = None,
    painters: int = 1,
    threaded: bool = True,
) -> RunStats:
    """Paint every frame of ``source`` into ``sink``.

    Neither the source nor the sink is closed: that is for the caller's ``with``, which knows
    whether the output is to be kept.

    Args:
        source: frames in order.
        stylize: paints one picture; called by several threads at once if there are ``painters``.
        sink: takes the painted frames, each with the time of its original.
        stabilize: ``(frame, painted) -> painted``, given every frame in order.
        scaler: has frames painted and steadied at another size; None takes them as they are.
        compose: ``(original, painted) -> picture``, e.g. the two side by side.
        stop: asked before each frame is finished, in the caller's thread; true ends the run: every
            frame that was finished is written, and those painted ahead are discarded.
        on_frame: told the number of frames finished so far, in the caller's thread.
        painters: how many threads paint, each another frame.
        threaded: read, paint and write in threads of their own, while the caller's thread steadies
            and composes; from a live source, the caller's thread reads and paints as well.

    Returns:
        What was done. An error of any part is raised here, with its original type, after every
        thread has ended.
    """
    timer = StageTimer()
    clock = _OutputClock(sink)
    painted = 0

    def paint(frame: Frame) -> tuple[Frame, Frame, Image]:
        small = frame
        if scaler is not None:
            with timer.measure("reduce"):
                small = frame.with_image(scaler.reduce(frame.image))
        with timer.measure("stylize"):
            return frame, small, stylize(small.image)

    until_stopped = _UntilStopped(stop)

    with ExitStack() as stack:
        frames = timer.iterate(source, "decode")
        write = timer.wrap(clock.write, "encode")
        if threaded:
            write = stack.enter_context(WriteBehind(write)).put
        if threaded and not _is_live(source):
            frames = iter(stack.enter_context(ReadAhead(frames)))
            ahead = stack.enter_context(MapAhead(paint, frames, threads=painters))
            paintings = until_stopped(ahead)
        else:
            paintings = map(paint, until_stopped(frames))
        for frame, small, painting in paintings:
            image = painting
            if stabilize is not None:
                with timer.measure("stabilize"):
                    image = stabilize(small, image)
            if scaler is not None:
                with timer.measure("enlarge"):
                    image = scaler.enlarge(image, frame.image)
            if compose is not None:
                with timer.measure("compose"):
                    image = compose(frame.image, image)
            write(frame.with_image(image))
            painted += 1
            if on_frame is not None:
                on_frame(painted)
    return RunStats(
        frames=clock.count,
        seconds=time.perf_counter() - clock.started,
        fps=frame_rate(clock.count, clock.first, clock.last),
        stages_ms=timer.means(*_STAGES),
        interrupted=until_stopped.interrupted,
    )


class _UntilStopped:
    """Passes items on until ``stop`` says true, which it is asked after each has come."""

    def __init__(self, stop: Callable[[], bool]) -> None:
        self._stop = stop
        self.interrupted = False

    def __call__(self, items: Iterable[Item]) -> Iterator[Item]:
        iterator = iter(items)
        while True:
            try:
                item = next(iterator)
            except StopIteration:
                return
            except Exception as error:
                self.interrupted = self._stop()
                if not self.interrupted:
                    raise
                # It is about a frame that nobody waits for any more.
                logger.info("stopped before an error: %s", error)
                return
            self.interrupted = self._stop()
            if self.interrupted:
                return
            yield item


def _is_live(source: object) -> bool:
    """Reading ahead of a live source would only make its frames older."""
    return bool(getattr(getattr(source, "info", None), "is_live", False))


class _OutputClock:
    """Counts the frames that reach a sink, and notes when."""

    def __init__(self, sink: FrameWriter) -> None:
        self._sink = sink
        self.started = time.perf_counter()
        self.count = 0
        self.first = 0.0
        self.last = 0.0

    def write(self, frame: Frame) -> None:
        self._sink.write(frame)
        self.last = time.perf_counter()
        self.count += 1
        if self.count == 1:
            self.first = self.last
