"""What is to be measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import OptionError
from ..sizes import SizeRequest

DEFAULT_SIZES = (SizeRequest(640, 360), SizeRequest(1280, 720))
DEFAULT_FRAMES = 120
ROUNDS = 3
LONGEST = 100_000
"""Frames; more measure no better, and the clip has to be made first."""


@dataclass(frozen=True, slots=True)
class BenchmarkPlan:
    """What is measured, and on what.

    Attributes:
        sizes: pictures of each are measured by themselves; None is the size of the input.
        frames: painted in each turn of a pipeline, and by the model alone in all turns together.
        rounds: turns that each contender takes.
        input: a video file; None paints a moving test picture.
        model: an ONNX file; None for the one that ships with stylecam.
        style: a name or a mixture; None for the model's first style.
        temporal: strength of the temporal stabilizer, 0..1; 0 leaves it out.
        quality: ``best``, or ``fast``: painted at half of the size.
        device: one of ``providers.DEVICES``.
        threads: of the model; None for one per core.
        baseline: also measure the reference networks.
        window: show the live session in a window.

    Raises:
        OptionError: no size, no round, an absurd number of frames, or a strength beyond 0..1.
    """

    sizes: tuple[SizeRequest | None, ...] = DEFAULT_SIZES
    frames: int = DEFAULT_FRAMES
    rounds: int = ROUNDS
    input: Path | None = None
    model: Path | None = None
    style: str | None = None
    temporal: float = 0.0
    quality: str = "best"
    device: str = "auto"
    threads: int | None = None
    baseline: bool = False
    window: bool = False

    def __post_init__(self) -> None:
        if not self.sizes:
            raise OptionError("there is no size to measure; name one, for instance 640x360")
        if self.rounds < 1:
            raise OptionError(f"rounds must be at least 1, not {self.rounds}")
        if not 2 <= self.frames <= LONGEST:
            raise OptionError(f"frames must be from 2 to {LONGEST}, not {self.frames}")
        if not 0 <= self.temporal <= 1:
            raise OptionError(f"temporal strength must lie between 0 and 1, not {self.temporal}")
