"""The figures of a benchmark, and their JSON.

``benchmarks/README.md`` describes the JSON; whoever changes it there raises ``VERSION``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from ..errors import OptionError
from ..metrics import frame_rate, percentile
from .contenders import Turn

FORMAT = "stylecam.bench"
VERSION = 2
"""2: ``live`` is a whole session, as ``stylecam live`` runs it; it was perhaps less before."""
_READABLE = (1, VERSION)


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """A model alone.

    Attributes:
        runs_on: the provider that really ran, or the framework and the device.
        cold_start_ms: from the first import to the first picture, in a new process.
        runs: number of runs measured.
        p50_ms: median time of one run, in milliseconds; likewise p95 and p99.
        p95_ms: the time that 95 % of the runs stay below.
        p99_ms: the time that 99 % of the runs stay below.
        fps: pictures per second, from the median.
        peak_memory_mb: of its process; None where the system does not tell.
        rounds_ms: median of each turn, in order.
    """

    runs_on: str
    cold_start_ms: float
    runs: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    fps: float
    peak_memory_mb: float | None
    rounds_ms: list[float]


@dataclass(frozen=True, slots=True)
class PipelineFigures:
    """A whole pipeline: medians over its turns.

    Attributes:
        runs_on: the provider that really ran.
        frames: painted in each turn.
        fps: frames per second, from the first frame asked for to the file completed.
        ms_per_frame: the same as a time.
        cpu_ms_per_frame: work of all threads together, per frame.
        cores_busy: how many cores worked on average.
        stages_ms: mean time per frame of each stage.
        peak_memory_mb: of its process.
        rounds_fps: frames per second of each turn, in order.
    """

    runs_on: str
    frames: int
    fps: float
    ms_per_frame: float
    cpu_ms_per_frame: float
    cores_busy: float
    stages_ms: dict[str, float]
    peak_memory_mb: float | None
    rounds_fps: list[float]


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """A live session before a camera.

    Attributes:
        rate: frames per second that the camera takes.
        frames: number of frames that were shown.
        dropped: number of frames that came too late and were never shown.
        fps: frames per second that were shown: the median over the turns.
        p50_ms: median age of a frame when it is shown, in milliseconds; likewise p95.
        p95_ms: the age that 95 % of the frames stay below.
        answer_p50_ms: from a change of the style to the first picture that shows it, in
            milliseconds, the median; None where the session was too short for one.
        answer_p95_ms: the time that 95 % of them stay below.
    """

    rate: float
    frames: int
    dropped: int
    fps: float
    p50_ms: float
    p95_ms: float
    answer_p50_ms: float | None
    answer_p95_ms: float | None


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """All that was measured at one size.

    Attributes:
        width: in pixels.
        height: in pixels.
        model: the model alone.
        stages: the pipeline to an H.264 file, one stage after the other: what each costs by itself.
        h264: the pipeline to an H.264 file, with the stages overlapping.
        null: the same, throwing the frames away.
        live: a live session before a camera.
        baselines: reference networks alone, by name.
        ratios: how many times faster than a baseline, by ``OURS_vs_BASELINE``.
    """

    width: int
    height: int
    model: ModelFigures
    stages: PipelineFigures
    h264: PipelineFigures
    null: PipelineFigures
    live: LiveFigures
    baselines: dict[str, ModelFigures] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """A whole benchmark.

    Attributes:
        created: when, in ISO 8601.
        machine: ``cpu``, ``cores`` (that may be used), ``system``.
        versions: of the libraries.
        settings: what was asked for: ``frames``, ``rounds``, ``input``, ``model``, ``style``,
            ``temporal``, ``window``, ``device``, ``threads``.
        sizes: in the order they were asked for.
        baseline_titles: what the baselines are, by name.
        warnings: what was said while measuring, each line once.
    """

    created: str
    machine: dict[str, Any]
    versions: dict[str, str]
    settings: dict[str, Any]
    sizes: list[SizeFigures]
    baseline_titles: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON; numbers rounded to what they can be trusted for."""
        figures: dict[str, Any] = _rounded(asdict(self))
        return {"format": FORMAT, "version": VERSION, **figures}


def read_report(path: Path) -> dict[str, Any]:
    """Read the JSON of a benchmark.

    Raises:
        OptionError: it cannot be read, is something else, or of an unknown version.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"cannot read the benchmark {path} ({error.strerror})") from error
    except ValueError as error:
        raise OptionError(f"{path} is not JSON; name a file of 'stylecam bench --json'") from error
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise OptionError(f"{path} is not a benchmark; name a file of 'stylecam bench --json'")
    if report.get("version") not in _READABLE:
        known = " and ".join(map(str, _READABLE))
        raise OptionError(
            f"{path} has benchmark version {report.get('version')!r}, but this stylecam reads"
            f" {known}; measure again"
        )
    return report


def model_figures(
    turns: Sequence[Turn], runs_on: str, cold_start_ms: float, memory: float | None
) -> ModelFigures:
    """Sum up the turns of a model."""
    times = [ms for turn in turns for ms in turn.times_ms]
    middle = median(times)
    return ModelFigures(
        runs_on=runs_on,
        cold_start_ms=cold_start_ms,
        runs=len(times),
        p50_ms=middle,
        p95_ms=percentile(times, 95),
        p99_ms=percentile(times, 99),
        fps=1000 / middle,
        peak_memory_mb=memory,
        rounds_ms=[median(turn.times_ms) for turn in turns],
    )


def pipeline_figures(turns: Sequence[Turn], runs_on: str, memory: float | None) -> PipelineFigures:
    """Sum up the turns of a pipeline."""
    frame_ms = median(1000 * turn.seconds / turn.frames for turn in turns)
    return PipelineFigures(
        runs_on=runs_on,
        frames=turns[0].frames,
        fps=1000 / frame_ms,
        ms_per_frame=frame_ms,
        cpu_ms_per_frame=median(1000 * turn.cpu_seconds / turn.frames for turn in turns),
        cores_busy=median(turn.cpu_seconds / turn.seconds for turn in turns),
        stages_ms={
            stage: median(turn.stages_ms[stage] for turn in turns) for stage in turns[0].stages_ms
        },
        peak_memory_mb=memory,
        rounds_fps=[turn.frames / turn.seconds for turn in turns],
    )


def live_figures(turns: Sequence[Turn], rate: float) -> LiveFigures:
    """Sum up the turns of a live session."""
    delays = [ms for turn in turns for ms in turn.times_ms]
    answers = [ms for turn in turns for ms in turn.answers_ms]
    return LiveFigures(
        rate=rate,
        frames=len(delays),
        dropped=sum(turn.dropped for turn in turns),
        fps=median(frame_rate(turn.frames, 0, turn.seconds) for turn in turns),
        p50_ms=median(delays),
        p95_ms=percentile(delays, 95),
        answer_p50_ms=median(answers) if answers else None,
        answer_p95_ms=percentile(answers, 95) if answers else None,
    )


def ratio(ours_ms: Sequence[float], theirs_ms: Sequence[float]) -> float:
    """How many times faster we are: the median over the rounds.

    Round by round, since a machine that is busy in one round is so for both.
    """
    return median(theirs / ours for ours, theirs in zip(ours_ms, theirs_ms, strict=True))


def _rounded(value: Any) -> Any:  # noqa: ANN401 - a tree of plain values
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    # Four digits: the fifth is noise on any machine.
    return float(f"{value:.4g}") if isinstance(value, float) else value
