"""Two benchmarks side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import OptionError
from .report import read_report

_CONDITIONS = {
    "machine": ("cpu", "cores", "system"),
    "versions": ("stylecam", "onnxruntime", "av", "opencv"),
    "settings": (
        *("frames", "input", "model", "model_sha256"),
        *("style", "temporal", "quality", "window", "threads"),
    ),
}
"""What figures depend on."""

_HIGHER_IS_BETTER = ("fps",)
_LOWER_IS_BETTER = ("_ms", "ms_per_frame", "_mb")

_NO_LIVE = (
    "live.* is not compared (versions {first} and {second}): since version 2 it is a whole live"
    " session, in version 1 it may be the painting alone; measure both again with one stylecam"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both.

    Attributes:
        size: ``640x360``.
        figure: its path in the report, e.g. ``model.p50_ms``.
        before: in the first report.
        after: in the second report.
        gain: how many times better the second one is; below 1 it is worse.
    """

    size: str
    figure: str
    before: float
    after: float
    gain: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two reports have in common, and what keeps them from being comparable.

    Attributes:
        rows: by size, in the order of the first report.
        differences: one line for each condition that is not the same, and for what is not compared.
    """

    rows: list[Row]
    differences: list[str]


def compare(first: Path, second: Path) -> Comparison:
    """Compare two files of ``stylecam bench --json``.

    Raises:
        OptionError: one cannot be read or is no benchmark, or they have no size in common.
    """
    before, after = read_report(first), read_report(second)
    try:
        rows = list(_rows(_by_size(before), _by_size(after)))
        differences = list(_differences(before, after))
        if _live_kind(before) != _live_kind(after):
            rows = [row for row in rows if not row.figure.startswith("live.")]
            differences.append(_NO_LIVE.format(first=before["version"], second=after["version"]))
    except (AttributeError, KeyError, TypeError) as error:
        raise OptionError(f"{first} or {second} is damaged ({error!r}); measure again") from error
    if not rows:
        raise OptionError(
            f"{first} and {second} have no size in common: {', '.join(_by_size(before))} and"
            f" {', '.join(_by_size(after))}; measure the same --size"
        )
    return Comparison(rows, differences)


def _by_size(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {f"{size['width']}x{size['height']}": size for size in report["sizes"]}


def _live_kind(report: Mapping[str, Any]) -> tuple[int, set[str]]:
    """Reports whose live figures mean the same have the same kind.

    Version 1 stayed when they changed their meaning, and got some more.
    """
    return report["version"], {key for size in report["sizes"] for key in size["live"]}


def _rows(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Row]:
    for size in before:
        if size in after:
            theirs = dict(_figures(after[size]))
            for name, value in _figures(before[size]):
                if name in theirs and value > 0 and theirs[name] > 0:
                    gain = theirs[name] / value
                    better = gain if name.endswith(_HIGHER_IS_BETTER) else 1 / gain
                    yield Row(size, name, value, theirs[name], better)


def _figures(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a report that have a good and a bad direction, by their path."""
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            if key != "ratios":
                yield from _figures(value, f"{path}.")
        elif isinstance(value, int | float) and _has_direction(path):
            yield path, float(value)


def _has_direction(path: str) -> bool:
    # Of stages that overlap, each one's time contains waiting for the others.
    return path.startswith("stages.stages_ms.") or path.endswith(
        (*_HIGHER_IS_BETTER, *_LOWER_IS_BETTER)
    )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for topic, names in _CONDITIONS.items():
        for name in names:
            a, b = before[topic].get(name), after[topic].get(name)
            if a != b:
                yield f"{name} differs: {a} and {b}"
    theirs = _by_size(after)
    for size, figures in _by_size(before).items():
        if size in theirs:
            a, b = figures["model"]["runs_on"], theirs[size]["model"]["runs_on"]
            if a != b:
                yield f"the provider at {size} differs: {a} and {b}"
