"""The core loop: every frame of a source, painted, into a sink, in order and exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Protocol

from .buffered import ReadAhead, WriteBehind
from .frame import Frame, Image
from .interfaces import Scaler
from .metrics import RunStats, StageTimer, frame_rate

_STAGES = ("decode", "reduce", "stylize", "stabilize", "enlarge", "compose", "encode")


class FrameWriter(Protocol):
    """The part of a sink that a run needs."""

    def write(self, frame: Frame) -> None:
        """Take one frame."""
        ...


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
    threaded: bool = True,
) -> RunStats:
    """Paint every frame of ``source`` into ``sink``.

    Neither the source nor the sink is closed: that is for the caller's ``with``, which knows
    whether the output is to be kept.

    Args:
        source: frames in order.
        stylize: paints one picture.
        sink: takes the painted frames, each with the time of its original.
        stabilize: ``(frame, painted) -> painted``, given every frame in order.
        scaler: has frames painted and steadied at another size; None takes them as they are.
        compose: ``(original, painted) -> picture``, e.g. the two side by side.
        stop: asked before each frame; true ends the run, and what was painted is written.
        on_frame: told the number of frames painted so far, in the caller's thread.
        threaded: read and write in threads of their own, overlapping the model.

    Returns:
        What was done. An error of any part is raised here, with its original type, after every
        thread has ended.
    """
    timer = StageTimer()
    clock = _OutputClock(sink)
    painted = 0
    interrupted = False
    with ExitStack() as stack:
        frames = timer.iterate(source, "decode")
        write = timer.wrap(clock.write, "encode")
        if threaded:
            if not _is_live(source):
                frames = iter(stack.enter_context(ReadAhead(frames)))
            write = stack.enter_context(WriteBehind(write)).put
        for frame in frames:
            if stop():
                interrupted = True
                break
            small = frame
            if scaler is not None:
                with timer.measure("reduce"):
                    small = frame.with_image(scaler.reduce(frame.image))
            with timer.measure("stylize"):
                image = stylize(small.image)
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
        interrupted=interrupted,
    )


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
