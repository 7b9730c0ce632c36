"""Where everything lies in the window."""

from __future__ import annotations

from dataclasses import dataclass

_TRACK_WIDTH = 10.0
"""Of a slider, in units of the text's height."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels of the canvas."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column beyond it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row beyond it."""
        return self.top + self.height

    def contains(self, x: float, y: float, margin: int = 0) -> bool:
        """Whether a point lies in it, or within ``margin`` pixels of it."""
        return (
            self.left - margin <= x < self.right + margin
            and self.top - margin <= y < self.bottom + margin
        )


@dataclass(frozen=True, slots=True)
class Slider:
    """One slider.

    Attributes:
        name: of the attribute of ``Controls``.
        label: for the user.
    """

    name: str
    label: str


SLIDERS = (Slider("mix", "Mix"), Slider("strength", "Strength"), Slider("temporal", "Temporal"))


@dataclass(frozen=True, slots=True)
class Layout:
    """The places in a canvas.

    Attributes:
        canvas: (width, height), in pixels.
        text: height of the text, in pixels.
        picture: where the picture is: as large as fits, in its own shape.
        panel: behind the sliders.
        tracks: of the sliders, by name.
    """

    canvas: tuple[int, int]
    text: int
    picture: Box
    panel: Box
    tracks: dict[str, Box]


def lay_out(
    canvas: tuple[int, int], picture: tuple[int, int], sliders: tuple[Slider, ...]
) -> Layout:
    """Place everything.

    Args:
        canvas: (width, height) of the window, in pixels.
        picture: (width, height) of the picture; only its shape counts.
        sliders: from top to bottom.
    """
    text = max(11, min(26, round(min(canvas[0] / 56, canvas[1] / 32))))
    line = round(1.75 * text)
    pad = round(0.9 * text)
    label, track, value = round(5.6 * text), round(_TRACK_WIDTH * text), round(3.7 * text)
    panel = Box(
        pad,
        canvas[1] - pad - (len(sliders) * line + pad),
        pad + label + track + value + pad,
        len(sliders) * line + pad,
    )
    thickness = max(3, round(0.28 * text))
    tracks = {
        slider.name: Box(
            panel.left + pad + label,
            panel.top + pad // 2 + row * line + (line - thickness) // 2,
            track,
            thickness,
        )
        for row, slider in enumerate(sliders)
    }
    return Layout(canvas, text, _fit(canvas, picture), panel, tracks)


def _fit(canvas: tuple[int, int], picture: tuple[int, int]) -> Box:
    scale = min(canvas[0] / picture[0], canvas[1] / picture[1])
    width = max(1, min(canvas[0], round(picture[0] * scale)))
    height = max(1, min(canvas[1], round(picture[1] * scale)))
    return Box((canvas[0] - width) // 2, (canvas[1] - height) // 2, width, height)
