"""Lets the contenders take turns, and collects the figures."""

from __future__ import annotations

import hashlib
import platform
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..cores import available_cores
from ..machine import cpu_name, library_versions
from ..model_files import default_model, read_model
from ..sizes import SizeRequest
from ..styles import parse_style
from .baselines import baseline_names, write_baseline
from .child import Child, Opening
from .clips import Clip, existing_clip, make_clip
from .contenders import (
    Contender,
    EagerContender,
    ModelContender,
    ModelSettings,
    PipelineContender,
    Turn,
)
from .live import LIVE_RATE, LiveContender
from .plan import BenchmarkPlan
from .report import (
    BenchmarkReport,
    ModelFigures,
    PipelineFigures,
    SizeFigures,
    live_figures,
    model_figures,
    pipeline_figures,
    ratio,
)

PAUSE_SECONDS = 0.05
"""Between turns, so that idle threads of the last contender have gone to sleep."""

OURS = "model"
PIPELINES = 4
"""Contenders at each size, besides the models."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one contender."""

    opening: Opening
    turns: list[Turn]
    memory: float | None

    def as_model(self) -> ModelFigures:
        """The figures of a model alone."""
        return model_figures(
            self.turns, self.opening.runs_on, self.opening.cold_start_ms, self.memory
        )


def count_turns(plan: BenchmarkPlan) -> int:
    """How many turns ``run_benchmark`` will take.

    Raises:
        OptionError: a baseline is asked for and none is installed.
    """
    baselines = len(baseline_names()) if plan.baseline else 0
    return plan.rounds * (PIPELINES + 1 + 2 * baselines) * len(set(plan.sizes))


def run_benchmark(
    plan: BenchmarkPlan, on_turn: Callable[[], None] = lambda: None
) -> BenchmarkReport:
    """Measure all that ``plan`` asks for; it takes minutes.

    Args:
        plan: what to measure.
        on_turn: called after each of ``count_turns(plan)`` turns.

    Raises:
        ModelError: the model is missing, damaged, or not one of stylecam's.
        OptionError: an unknown style or device, an impossible size, or a baseline that needs
            something that is not installed.
        ProviderError: the device does not run here.
        SourceError: the input cannot be decoded.
    """
    model = read_model(default_model() if plan.model is None else plan.model)
    if plan.style is not None:
        parse_style(plan.style, model.description)
    with tempfile.TemporaryDirectory(prefix="stylecam-bench-") as name:
        folder = Path(name)
        clips = _clips(plan, folder)
        titles = _write_baselines(folder) if plan.baseline else {}
        sizes, warnings = [], []
        for clip in clips:
            figures, said = _measure_size(plan, clip, titles, folder, on_turn)
            sizes.append(figures)
            warnings += said
    return BenchmarkReport(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        machine={
            "cpu": cpu_name(),
            "cores": available_cores(),
            "system": platform.platform(),
        },
        versions=library_versions(),
        settings={
            "frames": plan.frames,
            "rounds": plan.rounds,
            "input": "synthetic" if plan.input is None else plan.input.name,
            "model": model.path.name,
            "model_sha256": hashlib.sha256(model.data).hexdigest(),
            "style": plan.style or model.description.painted_styles[0].name,
            "temporal": plan.temporal,
            "window": plan.window,
            "quality": plan.quality,
            "device": plan.device,
            "threads": plan.threads or available_cores(),
        },
        sizes=sizes,
        baseline_titles=titles,
        warnings=list(dict.fromkeys(warnings)),
    )


def take_turns(
    contenders: Mapping[str, Contender],
    rounds: int,
    after_turn: Callable[[], None] = lambda: None,
) -> dict[str, Outcome]:
    """Open every contender in a process of its own, then let them take turns: A B, A B, ...

    All are opened before the first turn, so that what cannot run is known early.

    Returns:
        By the names of ``contenders``.
    """
    with ExitStack() as stack:
        children = {name: stack.enter_context(Child()) for name in contenders}
        openings = {name: children[name].open(contenders[name]) for name in contenders}
        turns: dict[str, list[Turn]] = {name: [] for name in contenders}
        for _ in range(rounds):
            for name, child in children.items():
                time.sleep(PAUSE_SECONDS)
                turns[name].append(child.turn())
                after_turn()
        return {
            name: Outcome(openings[name], turns[name], child.peak_memory())
            for name, child in children.items()
        }


def _clips(plan: BenchmarkPlan, folder: Path) -> list[Clip]:
    def clip(size: SizeRequest | None) -> Clip:
        if plan.input is None:
            return make_clip(folder, size, plan.frames)
        return existing_clip(plan.input, size, plan.frames)

    return [clip(size) for size in dict.fromkeys(plan.sizes)]


def _write_baselines(folder: Path) -> dict[str, str]:
    """Write the models of the baselines, in processes of their own: they load a framework."""
    titles = {}
    for name in baseline_names():
        with Child() as child:
            titles[name] = child.call(write_baseline, name, _baseline_model(folder, name))
    return titles


def _baseline_model(folder: Path, name: str) -> Path:
    return folder / f"{name}.onnx"


def _measure_size(
    plan: BenchmarkPlan,
    clip: Clip,
    titles: Mapping[str, str],
    folder: Path,
    on_turn: Callable[[], None],
) -> tuple[SizeFigures, list[str]]:
    """The figures at one size, and what was warned of."""
    models = take_turns(_models(plan, clip, titles, folder), plan.rounds, on_turn)
    lines = take_turns(_pipelines(plan, clip, folder), plan.rounds, on_turn)
    outcomes = (*models.values(), *lines.values())
    pipelines = {
        name: pipeline_figures(outcome.turns, outcome.opening.runs_on, outcome.memory)
        for name, outcome in lines.items()
        if name != "live"
    }
    ours = models.pop(OURS).as_model()
    baselines = {name: outcome.as_model() for name, outcome in models.items()}
    figures = SizeFigures(
        width=clip.width,
        height=clip.height,
        model=ours,
        **pipelines,
        live=live_figures(lines["live"].turns, float(LIVE_RATE)),
        baselines=baselines,
        ratios=_ratios(ours, pipelines["h264"], baselines),
    )
    return figures, [line for outcome in outcomes for line in outcome.opening.warnings]


def _models(
    plan: BenchmarkPlan, clip: Clip, titles: Mapping[str, str], folder: Path
) -> dict[str, Contender]:
    size = (clip.width, clip.height)
    runs = -(-plan.frames // plan.rounds)
    contenders: dict[str, Contender] = {OURS: ModelContender(_settings(plan), size, runs)}
    for name in titles:
        reference = ModelSettings(
            model=_baseline_model(folder, name), device=plan.device, threads=plan.threads
        )
        threads = plan.threads or available_cores()
        contenders[f"{name}_onnxruntime"] = ModelContender(reference, size, runs)
        contenders[f"{name}_eager"] = EagerContender(name, plan.device, threads, size, runs)
    return contenders


def _pipelines(plan: BenchmarkPlan, clip: Clip, folder: Path) -> dict[str, Contender]:
    settings, temporal = _settings(plan), plan.temporal

    def line(output: Path | None, *, threaded: bool = True) -> PipelineContender:
        return PipelineContender(settings, clip, output, threaded, temporal)

    return {
        "stages": line(folder / "stages.mp4", threaded=False),
        "h264": line(folder / "h264.mp4"),
        "null": line(None),
        "live": LiveContender(settings, clip, temporal, plan.window),
    }


def _settings(plan: BenchmarkPlan) -> ModelSettings:
    return ModelSettings(plan.model, plan.style, plan.device, plan.threads, plan.quality)


def _ratios(
    model: ModelFigures, h264: PipelineFigures, baselines: Mapping[str, ModelFigures]
) -> dict[str, float]:
    ratios = {}
    for name, theirs in baselines.items():
        ratios[f"model_vs_{name}"] = ratio(model.rounds_ms, theirs.rounds_ms)
        frame_ms = [1000 / fps for fps in h264.rounds_fps]
        ratios[f"h264_vs_{name}"] = ratio(frame_ms, theirs.rounds_ms)
    return ratios
