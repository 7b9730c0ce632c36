"""The stages of each size as bars."""

from __future__ import annotations

import io
from typing import Any

from ..errors import OptionError
from ..messages import install_extra

STAGES = ("decode", "stylize", "stabilize", "compose", "encode")
_COLORS = dict(zip(STAGES, ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee"), strict=True))
FORMATS = (".png", ".svg", ".pdf")


def check_plotting(suffix: str) -> None:
    """Raise unless plots can be drawn.

    Raises:
        OptionError: matplotlib is missing, or an unknown format.
    """
    if suffix.lower() not in FORMATS:
        raise OptionError(f"a plot cannot be a {suffix or 'file without a suffix'};"
                          f" end its name in {', '.join(FORMATS)}")  # fmt: skip
    try:
        import matplotlib.figure  # noqa: F401 - only whether it is there
    except ModuleNotFoundError as error:
        raise OptionError(
            f"--plot needs matplotlib; install it with: {install_extra('plots')}"
        ) from error


def draw(report: dict[str, Any], suffix: str) -> bytes:
    """Draw the stages of a report.

    Args:
        report: as ``BenchmarkReport.to_dict`` gives it.
        suffix: of the file: ``.png``, ``.svg`` or ``.pdf``.

    Returns:
        The content of the file.
    """
    from matplotlib.figure import Figure

    sizes = report["sizes"]
    figure = Figure(figsize=(8, 1.8 + 0.7 * len(sizes)), layout="constrained")
    axes = figure.subplots()
    for row, size in enumerate(sizes):
        left = 0.0
        for stage, milliseconds in size["stages"]["stages_ms"].items():
            # A label that begins with an underscore stays out of the legend.
            label = stage if row == 0 else "_"
            axes.barh(row, milliseconds, 0.6, left=left, color=_COLORS[stage], label=label)
            left += milliseconds
        overlapped = size["h264"]["ms_per_frame"]
        label = "all stages overlapping" if row == 0 else "_"
        axes.vlines(overlapped, row - 0.4, row + 0.4, color="black", label=label)
        axes.annotate(f" {size['h264']['fps']:.0f} fps", (max(left, overlapped), row), va="center")
    axes.set_yticks(range(len(sizes)), [f"{size['width']}x{size['height']}" for size in sizes])
    axes.invert_yaxis()
    axes.margins(x=0.12, y=0.1)
    axes.set_xlim(left=0)
    axes.set_xlabel("milliseconds per frame, to an H.264 file")
    axes.set_title(
        f"{report['settings']['model']} on {report['machine']['cpu']},"
        f" {report['settings']['threads']} threads"
    )
    figure.legend(loc="outside lower center", ncols=len(STAGES) + 1, frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=suffix.lower().removeprefix("."), dpi=144)
    return buffer.getvalue()
