"""The report on steadiness: JSON for programs, Markdown for a README, plots over time."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from realtime.comparison import INPUT, OUTPUT, PER_FRAME, RATIOS
from realtime.comparison_plot import draw
from realtime.temporal_metrics import TemporalScores

from .pictures import write_bytes
from .steadiness import UNSTEADY, Steadiness, SteadinessOptions

FORMAT, VERSION = "stylecam.steadiness", 1
JSON_NAME, MARKDOWN_NAME = "steadiness.json", "steadiness.md"
HEADINGS = (
    "clip", "style", "video", "E_warp x1000", "over 8 frames", "sharpness", "ghosts x1000",
    "PSNR, dB", "drift",
)  # fmt: skip


def summarize(found: Sequence[Steadiness]) -> dict[str, float]:
    """The figures in few numbers.

    Returns:
        ``FIGURE_of_VIDEO``: the output's figure over that of another video, the mean of the ratios
        over all moving clips and styles (ghosts are only told from the painting of the same
        network); ``training_alone`` is what the stability loss does to the warping error without
        the stabilizer. Still scenes: the same of their warping error,
        and the largest drift, in levels of 255. And the stabilizer's milliseconds a frame.
    """
    summary = {}
    for base in (UNSTEADY, PER_FRAME):
        for figure in RATIOS:
            if (figure, base) == ("ghosting", UNSTEADY):
                continue
            summary[f"{figure}_of_{base}"] = _mean_ratio(found, figure, OUTPUT, base, still=False)
        still = _mean_ratio(found, "warping_error", OUTPUT, base, still=True)
        summary[f"still_warping_error_of_{base}"] = still
    summary["training_alone"] = _mean_ratio(found, "warping_error", PER_FRAME, UNSTEADY, False)
    drifts = [f.found.scores[OUTPUT].drift for f in found if f.still]
    summary["still_drift"] = max((d for d in drifts if d is not None), default=None)
    summary["milliseconds"] = statistics.fmean(f.milliseconds for f in found)
    return {key: value for key, value in summary.items() if value is not None}


def _mean_ratio(
    found: Sequence[Steadiness], figure: str, video: str, base: str, still: bool
) -> float | None:
    pairs = [
        (getattr(f.found.scores[video], figure), getattr(f.found.scores[base], figure))
        for f in found
        if f.still == still and base in f.found.scores
    ]
    ratios = [a / b for a, b in pairs if a is not None and b]
    return statistics.fmean(ratios) if ratios else None


def to_json(
    found: Sequence[Steadiness], options: SteadinessOptions, context: Mapping[str, Any]
) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        **context,
        "options": asdict(options),
        "summary": summarize(found),
        "clips": [
            {
                "clip": f.clip,
                "style": f.style,
                "label": f.label,
                "still": f.still,
                "milliseconds": f.milliseconds,
                **f.found.to_dict(),
            }
            for f in found
        ],
    }


def to_rows(found: Sequence[Steadiness]) -> list[tuple[str, ...]]:
    """The table under `HEADINGS`."""
    return [
        (f.clip, f.style, video.replace("_", "-"), *_cells(f.found.scores[video], video))
        for f in found
        for video in (INPUT, UNSTEADY, PER_FRAME, OUTPUT)
        if video in f.found.scores
    ]


def _cells(scores: TemporalScores, video: str) -> tuple[str, ...]:
    if video == UNSTEADY:  # what compares it with the painting of the other network says nothing
        scores = replace(scores, ghosting=None, fidelity_psnr=None, drift=None)

    def cell(value: float | None, form: str, factor: float = 1) -> str:
        return "" if value is None else form.format(factor * value)

    return (
        cell(scores.warping_error, "{:.2f}", 1000),
        cell(scores.long_range_error, "{:.2f}", 1000),
        cell(scores.sharpness, "{:.0f}"),
        cell(scores.ghosting, "{:.2f}", 1000),
        cell(scores.fidelity_psnr, "{:.1f}"),
        cell(scores.drift, "{:.2f}"),
    )


def to_markdown(found: Sequence[Steadiness]) -> str:
    """The table and the summary in Markdown."""
    lines = [HEADINGS, ("-",) * 3 + ("-:",) * 6, *to_rows(found)]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    summary = "".join(f"- {key}: {value:.3g}\n" for key, value in summarize(found).items())
    return f"{table}\n{summary}"


def write_steadiness(folder: Path, found: Sequence[Steadiness], report: Mapping[str, Any]) -> None:
    """Write the report into ``folder``.

    Raises:
        SinkError: a file cannot be written.
    """
    write_bytes(folder / JSON_NAME, (json.dumps(report, indent=1) + "\n").encode())
    write_bytes(folder / MARKDOWN_NAME, to_markdown(found).encode())
    for f in found:
        write_bytes(folder / f"{f.label}.png", draw(f.found))
