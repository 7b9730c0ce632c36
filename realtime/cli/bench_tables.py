"""What ``stylecam bench`` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .tables import print_table

if TYPE_CHECKING:
    from ..bench.compare import Comparison

_LINES = {
    "h264": "to an H.264 file",
    "null": "to nowhere",
    "stages": "to H.264, not overlapping",
}


def show_report(report: dict[str, Any]) -> None:
    """Print the figures of a benchmark, as ``BenchmarkReport.to_dict`` gives them."""
    machine, settings = report["machine"], report["settings"]
    click.echo(
        f"{machine['cpu']}, {settings['threads']} threads, ONNX Runtime"
        f" {report['versions']['onnxruntime']}; model {settings['model']},"
        f" style {settings['style']}, temporal {settings['temporal']:g},"
        f" quality {settings['quality']};"
        f" input {settings['input']}, {settings['frames']} frames, {settings['rounds']} rounds"
    )
    for size in report["sizes"]:
        click.echo()
        click.secho(f"{size['width']}x{size['height']}", bold=True)
        _show_models(size, report["baseline_titles"])
        click.echo()
        _show_pipelines(size)
        _show_live(size["live"], is_shown=settings["window"])


def show_comparison(comparison: Comparison, names: tuple[str, str]) -> None:
    """Print two benchmarks side by side."""
    for line in comparison.differences:
        click.echo(f"note: {line}")
    print_table(
        [
            (row.size, row.figure, f"{row.before:.4g}", f"{row.after:.4g}", _verdict(row.gain))
            for row in comparison.rows
        ],
        ["size", "figure", *names, "second is"],
    )


def _show_models(size: dict[str, Any], titles: dict[str, str]) -> None:
    rows = [("model alone", size["model"], "")]
    for name, figures in size["baselines"].items():
        title = next((t for key, t in titles.items() if name.startswith(f"{key}_")), name)
        slower = f"model {size['ratios'][f'model_vs_{name}']:.1f} x faster"
        whole = f"H.264 line {size['ratios'][f'h264_vs_{name}']:.1f} x faster"
        rows.append((f"{title}", figures, f"{slower}, {whole}"))
    print_table(
        [
            (
                title,
                f["runs_on"],
                _ms(f["cold_start_ms"]),
                *(_ms(f[key]) for key in ("p50_ms", "p95_ms", "p99_ms")),
                f"{f['fps']:.1f}",
                _mb(f["peak_memory_mb"]),
                note,
            )
            for title, f, note in rows
        ],
        ["", "runs on", "cold ms", "p50 ms", "p95 ms", "p99 ms", "fps", "peak MB", ""],
    )


def _show_pipelines(size: dict[str, Any]) -> None:
    stages = list(size["stages"]["stages_ms"])
    print_table(
        [
            (
                title,
                f"{size[key]['fps']:.1f}",
                _ms(size[key]["ms_per_frame"]),
                _ms(size[key]["cpu_ms_per_frame"]),
                f"{size[key]['cores_busy']:.2f}",
                *(_ms(size[key]["stages_ms"][stage]) for stage in stages),
                _mb(size[key]["peak_memory_mb"]),
            )
            for key, title in _LINES.items()
        ],
        ["whole line", "fps", "ms", "CPU ms", "cores busy", *stages, "peak MB"],
    )


def _show_live(live: dict[str, Any], *, is_shown: bool) -> None:
    click.echo(
        f"live {'in a window' if is_shown else 'without a window'}, a camera of {live['rate']:g}"
        f" fps: {live['fps']:.1f} fps, {live['dropped']} of {live['frames'] + live['dropped']}"
        f" frames dropped; delay {_ms(live['p50_ms'])} ms (median), {_ms(live['p95_ms'])} ms (p95)"
    )
    if live["answer_p50_ms"] is not None:
        click.echo(
            f"another style shows after {_ms(live['answer_p50_ms'])} ms (median),"
            f" {_ms(live['answer_p95_ms'])} ms (p95)"
        )


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _mb(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f}"


def _verdict(gain: float) -> str:
    return f"{gain:.2f} x better" if gain >= 1 else f"{1 / gain:.2f} x worse"
