"""Measures how steady a painted video file is, whichever program painted it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .errors import OptionError
from .flow import warp
from .frame import Frame, Image
from .interfaces import Sink, Source
from .pipeline import never
from .sinks.encoders import VideoOptions
from .sinks.video import VideoFileSink
from .sizes import SizeRequest
from .sources.file import VideoFileSource
from .temporal_metrics import Correspondence, TemporalMeter, TemporalScores

INPUT, PER_FRAME, OUTPUT = "input", "per_frame", "output"
RATIOS = ("warping_error", "long_range_error", "sharpness", "ghosting")

_SAME_SHAPE = 0.02
_HOTTEST = 64.0  # levels of 255 between a point and where it was: the top of the heat map


@dataclass(frozen=True, slots=True)
class Comparison:
    """What ``compare_videos`` found.

    Attributes:
        frames: how many were compared.
        width: in pixels.
        height: in pixels.
        scores: by ``INPUT``, ``PER_FRAME`` (if given) and ``OUTPUT``.
        series: one value for each frame, by video and figure.
        warnings: what the user should know.
        damaged: frames were lost because a file is damaged.
    """

    frames: int
    width: int
    height: int
    scores: dict[str, TemporalScores]
    series: dict[str, dict[str, list[float]]]
    warnings: tuple[str, ...]
    damaged: bool

    @property
    def ratios(self) -> dict[str, float]:
        """The output's figures over those of the per-frame painting, where both are known."""
        if PER_FRAME not in self.scores:
            return {}
        ours, theirs = self.scores[OUTPUT], self.scores[PER_FRAME]
        pairs = {name: (getattr(ours, name), getattr(theirs, name)) for name in RATIOS}
        return {name: a / b for name, (a, b) in pairs.items() if a is not None and b}

    def to_dict(self) -> dict[str, Any]:
        """For JSON: what is not known is None."""
        return {
            "frames": self.frames,
            "size": [self.width, self.height],
            "scores": {name: asdict(scores) for name, scores in self.scores.items()},
            "ratios": self.ratios,
            "series": {
                video: {
                    name: [None if math.isnan(value) else value for value in values]
                    for name, values in figures.items()
                }
                for video, figures in self.series.items()
            },
            "warnings": list(self.warnings),
            "damaged": self.damaged,
        }


def compare_videos(
    original: Path,
    output: Path,
    per_frame: Path | None = None,
    *,
    still: bool = False,
    show: Path | None = None,
    overwrite: bool = False,
    stop: Callable[[], bool] = never,
    on_frame: Callable[[int], None] | None = None,
) -> Comparison:
    """Measure a painted video against its input, frame by frame in order.

    Args:
        original: the video that was painted; brought to the size of ``output``.
        output: the painting.
        per_frame: the painting without stabilization, if there is one.
        still: the scene is known to stand still.
        show: a video to write: all of them beside each other, and a heat map of what changes in
            the output that does not change in the input.
        overwrite: ``show`` may be replaced.
        stop: asked before each frame; true ends the comparison.
        on_frame: told the number of frames compared so far.

    Raises:
        SourceError: a file cannot be decoded.
        SinkError: ``show`` cannot be written.
        OptionError: the pictures have another shape, or there are fewer than two.
    """
    with ExitStack() as stack:
        painted = stack.enter_context(VideoFileSource(output))
        width, height = painted.info.width, painted.info.height
        size = SizeRequest(width, height)
        files = {INPUT: original, PER_FRAME: per_frame}
        sources: dict[str, Source] = {}
        for name, path in files.items():
            if path is not None:
                _check_shape(path, output, width / height)
                sources[name] = stack.enter_context(VideoFileSource(path, size=size))
        sources[OUTPUT] = painted
        sink: Sink | None = None
        if show is not None:
            wide = replace(painted.info, width=width * (len(sources) + 1))
            sink = stack.enter_context(VideoFileSink(show, wide, VideoOptions(overwrite=overwrite)))
        meter = TemporalMeter(PER_FRAME if per_frame is not None else None, still=still)
        warnings = _compare(sources, meter, sink, stop, on_frame)
        if meter.frames < 2:
            raise OptionError(
                f"{output} and {original} have fewer than two frames in common; compare longer ones"
            )
    return Comparison(
        meter.frames,
        width,
        height,
        meter.scores(),
        meter.series(),
        (*warnings, *(text for source in sources.values() for text in source.warnings)),
        any(source.damaged for source in sources.values()),
    )


def _check_shape(path: Path, output: Path, ratio: float) -> None:
    with VideoFileSource(path) as source:
        info = source.info
    if abs(info.width / info.height / ratio - 1) > _SAME_SHAPE:
        raise OptionError(
            f"{path} is {info.width}x{info.height}, a different shape than {output};"
            " compare videos that show the same picture, without --side-by-side"
        )


def _compare(
    sources: dict[str, Source],
    meter: TemporalMeter,
    sink: Sink | None,
    stop: Callable[[], bool],
    on_frame: Callable[[int], None] | None,
) -> list[str]:
    """Feed the meter, and the sink if there is one; returns warnings."""
    earlier: Image | None = None
    for frames in _in_step(sources):
        missing = [name for name, frame in frames.items() if frame is None]
        if missing:
            return [
                f"the {missing[0].replace('_', '-')} video ends first; only the first"
                f" {meter.frames} frames were compared"
            ]
        if stop():
            return [f"stopped early; only the first {meter.frames} frames were compared"]
        images = {name: frame.image for name, frame in frames.items() if frame is not None}
        motion = meter.add(images[INPUT], images)
        if sink is not None:
            heat = heat_map(earlier, images[OUTPUT], motion)
            last = frames[OUTPUT]
            assert last is not None
            sink.write(last.with_image(np.hstack([*images.values(), heat])))
        earlier = images[OUTPUT]
        if on_frame is not None:
            on_frame(meter.frames)
    return []


def _in_step(sources: dict[str, Source]) -> Iterator[dict[str, Frame | None]]:
    for frames in zip_longest(*sources.values()):
        yield dict(zip(sources, frames, strict=True))


def heat_map(earlier: Image | None, current: Image, motion: Correspondence | None) -> Image:
    """How much every visible point differs from where it was: uint8 ``[H, W, 3]``, RGB."""
    heat = np.zeros(current.shape[:2], np.float32)
    if earlier is not None and motion is not None:
        difference = cv2.absdiff(current, warp(earlier, motion.flow))
        heat = difference.max(axis=2) * (255 / _HOTTEST) * motion.visible
    levels = np.clip(heat, 0, 255).astype(np.uint8)
    colored = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)
    return np.asarray(cv2.cvtColor(colored, cv2.COLOR_BGR2RGB), np.uint8)
