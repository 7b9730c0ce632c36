"""How steady are painted videos, and whose merit is it?

Each clip is painted frame by frame, and steadied by the stabilizer; a network that was trained
without the stability loss, if there is one, shows what that loss contributes. See
`realtime.temporal_metrics` for the figures.
"""

from __future__ import annotations

import hashlib
import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import count, islice
from pathlib import Path

import numpy as np

from realtime.comparison import INPUT, OUTPUT, PER_FRAME, Comparison, heat_map
from realtime.engine import OnnxStylizer
from realtime.errors import OptionError
from realtime.flow import FLOWS
from realtime.frame import Frame, Image, StreamInfo
from realtime.interfaces import Flow, FlowEstimator, Sink
from realtime.sinks.encoders import VideoOptions
from realtime.sinks.video import VideoFileSink
from realtime.sizes import SizeRequest
from realtime.sources.file import VideoFileSource
from realtime.stabilizer import DEFAULT_STRENGTH, TemporalStabilizer
from realtime.styles import parse_style
from realtime.temporal_metrics import TemporalMeter

from .dataset import cover, read_picture

UNSTEADY = "unsteady"
"""The per-frame painting of a network that was trained without the stability loss."""
_NOISE = 4.0  # levels of 255: a webcam in a dim room
_REMEMBERED = 8


@dataclass(frozen=True)
class SteadinessOptions:
    """What is measured.

    Attributes:
        size: of the frames, (width, height) in pixels; the shape of a clip wins over the width.
        frames: how many of each clip at most; None for all.
        still_frames: how many are made of a still picture.
        strength: of the stabilizer, 0..1.
    """

    size: tuple[int, int] = (640, 360)
    frames: int | None = None
    still_frames: int = 150
    strength: float = DEFAULT_STRENGTH


@dataclass(frozen=True)
class Steadiness:
    """One clip in one style.

    Attributes:
        clip: name of the file.
        style: name of the style.
        label: unlike that of any other, and fit for a file's name.
        still: a picture with the noise of a webcam.
        found: the figures.
        milliseconds: median time of the stabilizer for one frame.
    """

    clip: str
    style: str
    label: str
    still: bool
    found: Comparison
    milliseconds: float


def measure_steadiness(
    clips: Sequence[Path],
    pictures: Sequence[Path],
    styles: Sequence[str],
    options: SteadinessOptions = SteadinessOptions(),
    *,
    model: Path | None = None,
    unsteady: Path | None = None,
    show: Path | None = None,
    on_frame: Callable[[str, int], None] = lambda _clip, _frames: None,
) -> Iterator[Steadiness]:
    """Paint clips, and still pictures with noise, in every style.

    Args:
        clips: video files.
        pictures: to be shown as noisy still scenes.
        styles: as for ``--style``.
        options: see `SteadinessOptions`.
        model: an ONNX file; None takes the one that ships.
        unsteady: a model of the same styles, trained without the stability loss.
        show: folder for a video of each clip and style: the paintings side by side, and a map of
            what changes in the output but not in the input.
        on_frame: called with the name of the clip and the number of its frames done.

    Yields:
        The clips, each in every style.

    Raises:
        OptionError: an unknown style, a bad size or strength, or a clip of a single frame.
        SourceError: a clip or picture cannot be read.
        ModelError: a model cannot be used.
        SinkError: a video cannot be written.
    """
    styles = tuple(dict.fromkeys(styles))
    sizes = [_fit(path, options.size) for path in clips]  # a missing clip should not be found last
    scenes = [read_picture(path) for path in pictures]
    numbers = count(1)
    with ExitStack() as stack:
        networks = {PER_FRAME: stack.enter_context(OnnxStylizer(model))}
        if unsteady is not None:
            networks[UNSTEADY] = stack.enter_context(OnnxStylizer(unsteady))
        for network in networks.values():
            for style in styles:
                parse_style(style, network.description)
        measure = partial(
            _measure,
            styles=styles,
            options=options,
            networks=networks,
            show=show,
            on_frame=on_frame,
        )
        for path, size in zip(clips, sizes, strict=True):
            with VideoFileSource(path, size=size) as source:
                frames = islice(source, options.frames)
                yield from measure(_Clip(next(numbers), path, source.info, frames, source))
        for path, picture in zip(pictures, scenes, strict=True):
            yield from measure(_Clip(next(numbers), path, *noisy_still(picture, options), None))


def noisy_still(picture: Image, options: SteadinessOptions) -> tuple[StreamInfo, Iterator[Frame]]:
    """A picture seen by a webcam in a dim room: nothing moves, but every pixel trembles.

    Args:
        picture: uint8 [H, W, 3]; it fills a frame of the size in ``options``.
        options: size and number of the frames.
    """
    width, height = options.size
    scene = cover(picture, width, height).astype(np.float32)
    rate = Fraction(30)
    random = np.random.default_rng(0)

    def frames() -> Iterator[Frame]:
        for index in range(options.still_frames):
            noise = random.standard_normal(scene.shape, dtype=np.float32)
            noisy = np.clip(np.rint(scene + _NOISE * noise), 0, 255).astype(np.uint8)
            yield Frame(noisy, index / rate, index)

    return StreamInfo(width, height, rate, options.still_frames, time_base=1 / rate), frames()


def _fit(path: Path, size: tuple[int, int]) -> SizeRequest:
    """About as many pixels as ``size`` has, in the shape of the clip."""
    with VideoFileSource(path) as source:
        ratio = source.info.width / source.info.height
    height = round((size[0] * size[1] / ratio) ** 0.5 / 2) * 2
    return SizeRequest(None, height)


@dataclass(frozen=True)
class _Clip:
    number: int
    path: Path
    info: StreamInfo
    frames: Iterator[Frame]
    source: VideoFileSource | None
    """None for a still picture."""

    def label(self, style: str) -> str:
        """Two clips may have one name, and a mixture of styles may have signs in its own."""
        plain = re.sub(r"[^\w.-]", "_", style)
        return f"{self.number:02}-{self.path.stem}-{plain}"


def _measure(
    clip: _Clip,
    *,
    styles: Sequence[str],
    options: SteadinessOptions,
    networks: Mapping[str, OnnxStylizer],
    show: Path | None,
    on_frame: Callable[[str, int], None],
) -> Iterator[Steadiness]:
    flow = _RememberedFlow(FLOWS["precise"]())
    studies = [_Study(clip, style, networks, options, flow) for style in styles]
    with ExitStack() as videos:
        if show is not None:
            for study in studies:
                videos.enter_context(study.open_video(show))
        for done, frame in enumerate(clip.frames, start=1):
            for study in studies:
                study.add(frame)
            on_frame(clip.path.name, done)
    for study in studies:
        yield study.result()


class _RememberedFlow:
    """Estimates the flow between two pictures once, however many styles ask for it."""

    def __init__(self, estimate: FlowEstimator) -> None:
        self._estimate = estimate
        self._known: dict[bytes, Flow] = {}

    def __call__(self, previous: Image, current: Image) -> Flow:
        key = b"".join(hashlib.blake2b(image.data).digest() for image in (previous, current))
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._estimate(previous, current)
        return self._known[key]


class _Study:
    """One clip in one style, frame by frame."""

    def __init__(
        self,
        clip: _Clip,
        style: str,
        networks: Mapping[str, OnnxStylizer],
        options: SteadinessOptions,
        flow: FlowEstimator,
    ) -> None:
        self._clip = clip
        self._style = style
        self._networks = networks
        self._stabilize = TemporalStabilizer(options.strength)
        self._meter = TemporalMeter(PER_FRAME, still=clip.source is None, flow=flow)
        self._sink: Sink | None = None
        self._earlier: Image | None = None
        self._seconds: list[float] = []

    def open_video(self, folder: Path) -> Sink:
        """Show what is measured; the caller closes the video."""
        info = self._clip.info
        wide = replace(info, width=info.width * (len(self._networks) + 3))
        path = folder / f"{self._clip.label(self._style)}.mp4"
        self._sink = VideoFileSink(path, wide, VideoOptions(overwrite=True))
        return self._sink

    def add(self, frame: Frame) -> None:
        """Paint and measure one frame."""
        images = {INPUT: frame.image}
        for name, network in self._networks.items():
            network.set_style(parse_style(self._style, network.description))
            images[name] = network(frame.image)
        start = time.perf_counter()
        images[OUTPUT] = self._stabilize(frame, images[PER_FRAME])
        self._seconds.append(time.perf_counter() - start)
        motion = self._meter.add(frame.image, images)
        if self._sink is not None:
            heat = heat_map(self._earlier, images[OUTPUT], motion)
            self._sink.write(frame.with_image(np.hstack([*images.values(), heat])))
        self._earlier = images[OUTPUT]

    def result(self) -> Steadiness:
        """The figures of all frames.

        Raises:
            OptionError: there are fewer than two.
        """
        clip, info, meter = self._clip, self._clip.info, self._meter
        if meter.frames < 2:
            raise OptionError(f"{clip.path} has a single frame; measure a longer clip")
        source = clip.source
        found = Comparison(
            meter.frames,
            info.width,
            info.height,
            meter.scores(),
            meter.series(),
            () if source is None else tuple(source.warnings),
            damaged=source is not None and source.damaged,
        )
        milliseconds = 1000 * statistics.median(self._seconds)
        label = clip.label(self._style)
        return Steadiness(clip.path.name, self._style, label, source is None, found, milliseconds)
