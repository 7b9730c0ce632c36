"""Draws the figures of a comparison over time."""

from __future__ import annotations

import io

from .comparison import Comparison
from .errors import OptionError
from .messages import install_extra

_PANELS = {"warping_error": "warping error", "sharpness": "variance of the Laplacian"}
_COLORS = {"input": "#bbbbbb", "unsteady": "#ccbb44", "per_frame": "#ee6677", "output": "#4477aa"}


def check_plotting(instead: str = "") -> None:
    """Raise unless plots can be drawn.

    Args:
        instead: what else the caller can do, for the message.

    Raises:
        OptionError: matplotlib is missing.
    """
    try:
        import matplotlib.figure  # noqa: F401 - only whether it is there
    except ModuleNotFoundError as error:
        raise OptionError(
            f"the plot needs matplotlib; install it with: {install_extra('plots')}"
            + (f", or {instead}" if instead else "")
        ) from error


def draw(comparison: Comparison) -> bytes:
    """Warping error and sharpness of every frame, as a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    panels = figure.subplots(len(_PANELS), sharex=True)
    for panel, (name, label) in zip(panels, _PANELS.items(), strict=True):
        for video, series in comparison.series.items():
            panel.plot(series[name], color=_COLORS[video], label=video.replace("_", "-"))
        panel.set_yscale("symlog", linthresh=1e-6 if name == "warping_error" else 1.0)
        panel.set_ylabel(label)
        panel.grid(alpha=0.3)
    panels[0].legend(loc="upper right")
    panels[-1].set_xlabel("frame")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120)
    return file.getvalue()
