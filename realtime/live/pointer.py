"""What the mouse grabs and moves: the sliders, and the line of the split."""

from __future__ import annotations

from ..sinks.window import Pointer
from .controls import Controls, View
from .layout import Layout
from .view import divider_column

_WHEEL_STEP = 0.05
_DIVIDER = "divider"


class Hand:
    """Remembers between events what the mouse holds.

    Attributes:
        holds: name of the slider that is held, ``divider``, or None.
    """

    def __init__(self) -> None:
        self.holds: str | None = None

    def handle(self, event: Pointer, layout: Layout, controls: Controls) -> bool:
        """Change the controls as the mouse asks; true if it changed anything."""
        if event.what == "up":
            self.holds = None
            return False
        if event.what == "wheel":
            name = _slider_at(event, layout, controls)
            if name is not None:
                controls.nudge(name, event.steps * _WHEEL_STEP)
            return name is not None
        if event.what == "down":
            self.holds = _slider_at(event, layout, controls) or _divider_at(event, layout, controls)
        if self.holds is None:
            return False
        self._drag(event, layout, controls)
        return True

    def _drag(self, event: Pointer, layout: Layout, controls: Controls) -> None:
        if self.holds == _DIVIDER:
            share = (event.x - layout.picture.left) / layout.picture.width
            controls.divider = min(1.0, max(0.0, share))
        elif self.holds is not None:
            track = layout.tracks[self.holds]
            controls.set(self.holds, (event.x - track.left) / track.width)


def _slider_at(event: Pointer, layout: Layout, controls: Controls) -> str | None:
    if not controls.show_overlay:
        return None
    for name, track in layout.tracks.items():
        if track.contains(event.x, event.y, margin=round(0.8 * layout.text)):
            return name
    return None


def _divider_at(event: Pointer, layout: Layout, controls: Controls) -> str | None:
    if controls.view is not View.SPLIT or not layout.picture.contains(event.x, event.y):
        return None
    column = layout.picture.left + divider_column(controls, layout.picture.width)
    return _DIVIDER if abs(event.x - column) <= layout.text else None
