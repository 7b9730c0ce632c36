"""What is timed. Each contender is made in the parent, sent to a child, and opened there."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .baselines import load_baseline
from .clips import Clip

# Nothing heavy may be imported here: what a model needs belongs to its cold start.
if TYPE_CHECKING:
    from ..engine import OnnxStylizer
    from ..enlarger import Enlarger
    from ..frame import Frame, Image, StreamInfo
    from ..interfaces import Sink

TURN_SECONDS = 4.0
"""A model stops its turn after this long, so that a slow one does not make all others wait."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a contender did in one turn; each field is filled by those that measure it.

    Attributes:
        times_ms: each run of a model; each frame's delay in a live session.
        answers_ms: delay of each answer to the user of a live session.
        frames: that came out of a pipeline, or were shown.
        seconds: that a pipeline took, from the first frame asked for to the file completed; from
            the first frame shown to the last.
        cpu_seconds: of all its threads in that time.
        stages_ms: mean per frame of each stage.
        dropped: frames of a live source that came too late.
    """

    times_ms: list[float] = field(default_factory=list)
    answers_ms: list[float] = field(default_factory=list)
    frames: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    stages_ms: dict[str, float] = field(default_factory=dict)
    dropped: int = 0


class Contender(Protocol):
    """Something to be timed."""

    def open(self) -> str:
        """Get ready, up to the first result, and say what it runs on."""
        ...

    def turn(self) -> Turn:
        """Take one turn."""
        ...


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """How a model is opened; see ``OnnxStylizer``."""

    model: Path | None = None
    style: str | None = None
    device: str = "auto"
    threads: int | None = None
    quality: str = "best"

    def open(self, *, spinning: bool = True) -> OnnxStylizer:
        """Open it with its style set; see ``OnnxStylizer`` for ``spinning``."""
        from ..engine import OnnxStylizer
        from ..styles import parse_style

        stylizer = OnnxStylizer(
            self.model, device=self.device, threads=self.threads, spinning=spinning
        )
        if self.style is not None:
            stylizer.set_style(parse_style(self.style, stylizer.description))
        return stylizer

    def open_line(self, clip: Clip, *, threaded: bool) -> tuple[OnnxStylizer, Enlarger | None]:
        """Model and enlarger as ``stylecam video`` has them, ready for the frames of ``clip``.

        Args:
            clip: what is painted.
            threaded: several frames may be painted at the same time.
        """
        # The other stages want the cores while the model waits.
        stylizer = self.open(spinning=False)
        width, height, enlarger = clip.width, clip.height, None
        if self.quality == "fast":
            from ..enlarger import Enlarger

            width, height, enlarger = -(-width // 2), -(-height // 2), Enlarger()
        if threaded:
            from ..pipeline import painters_for

            stylizer.share(painters_for(width, height))
        stylizer.warm_up(width, height)
        return stylizer, enlarger


@dataclass(slots=True)
class ModelContender:
    """A model alone, on one picture in memory.

    Attributes:
        settings: of the model.
        size: (width, height) in pixels.
        runs: of one turn, if they do not take too long.
    """

    settings: ModelSettings
    size: tuple[int, int]
    runs: int
    _stylizer: OnnxStylizer | None = field(default=None, init=False, repr=False)
    _picture: Image | None = field(default=None, init=False, repr=False)

    def open(self) -> str:
        """Open the model and paint one picture."""
        self._stylizer = self.settings.open()
        self._picture = _noise(self.size)
        self._stylizer(self._picture)
        return self._stylizer.provider

    def turn(self) -> Turn:
        """Paint the picture again and again."""
        assert self._stylizer is not None
        assert self._picture is not None
        return _time_runs(self._stylizer, self._picture, self.runs)


@dataclass(slots=True)
class EagerContender:
    """A baseline in the framework that trains it, on one picture in memory.

    Attributes:
        baseline: its name.
        device: where to run, if the framework can.
        threads: of the processor.
        size: (width, height) in pixels.
        runs: of one turn, if they do not take too long.
    """

    baseline: str
    device: str
    threads: int
    size: tuple[int, int]
    runs: int
    _paint: Callable[[Image], Image] | None = field(default=None, init=False, repr=False)
    _picture: Image | None = field(default=None, init=False, repr=False)

    def open(self) -> str:
        """Import the framework, build the network, and paint one picture."""
        self._paint, place = load_baseline(self.baseline).open_eager(self.device, self.threads)
        self._picture = _noise(self.size)
        self._paint(self._picture)
        return place

    def turn(self) -> Turn:
        """Paint the picture again and again."""
        assert self._paint is not None
        assert self._picture is not None
        return _time_runs(self._paint, self._picture, self.runs)


@dataclass(slots=True)
class PipelineContender:
    """The whole line, from a file to a file or to nowhere.

    Attributes:
        settings: of the model.
        clip: what is painted.
        output: an H.264 file, which each turn writes anew; None throws the frames away.
        threaded: overlap the stages, as ``stylecam video`` does; else one after the other.
        temporal: strength of the temporal stabilizer, 0..1; 0 leaves it out.
    """

    settings: ModelSettings
    clip: Clip
    output: Path | None
    threaded: bool = True
    temporal: float = 0.0
    _stylizer: OnnxStylizer | None = field(default=None, init=False, repr=False)
    _scaler: Enlarger | None = field(default=None, init=False, repr=False)

    def open(self) -> str:
        """Open the model and paint one picture."""
        self._stylizer, self._scaler = self.settings.open_line(self.clip, threaded=self.threaded)
        return self._stylizer.provider

    def turn(self) -> Turn:
        """Paint the clip."""
        from ..pipeline import run

        assert self._stylizer is not None
        with ExitStack() as stack:
            source = stack.enter_context(self.clip.open())
            sink = stack.enter_context(self._open_sink(source.info))
            began, cpu_began = time.perf_counter(), time.process_time()
            frames = islice(source, self.clip.frames)
            stats = run(
                frames,
                self._stylizer,
                sink,
                stabilize=_stabilizer(self.temporal),
                scaler=self._scaler,
                painters=self._stylizer.at_once,
                threaded=self.threaded,
            )
            sink.close()  # an encoder still holds the last frames
            cpu_seconds = time.process_time() - cpu_began
            seconds = time.perf_counter() - began
        return Turn(
            frames=stats.frames,
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            stages_ms=stats.stages_ms,
        )

    def _open_sink(self, info: StreamInfo) -> Sink:
        from ..sinks.null import NullSink
        from ..sinks.video import VideoFileSink, VideoOptions

        if self.output is None:
            return NullSink()
        return VideoFileSink(self.output, info, VideoOptions(overwrite=True))


def _stabilizer(strength: float) -> Callable[[Frame, Image], Image] | None:
    """One without a past, so that all turns do the same."""
    from ..stabilizer import TemporalStabilizer

    return TemporalStabilizer(strength) if strength > 0 else None


def _noise(size: tuple[int, int]) -> Image:
    import numpy as np

    width, height = size
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def _time_runs(paint: Callable[[Image], Image], picture: Image, runs: int) -> Turn:
    # After the turns of others the caches are cold, which the first run would tell of.
    paint(picture)
    times: list[float] = []
    began = time.perf_counter()
    while len(times) < runs and (not times or time.perf_counter() - began < TURN_SECONDS):
        start = time.perf_counter()
        paint(picture)
        times.append(1000 * (time.perf_counter() - start))
    return Turn(times_ms=times)
