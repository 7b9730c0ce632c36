"""Brings shots and what is drawn over them into the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .controls import Controls
from .layout import SLIDERS, Layout, lay_out
from .measuring import Meter
from .overlay import Overlay, Status
from .painter import Shot
from .pointer import Hand
from .view import compose

if TYPE_CHECKING:
    from ..sinks.window import Window


class Screen:
    """The window with what is in it.

    Args:
        window: already open.
        device: that paints, as the overlay calls it.

    Attributes:
        window: the same.
        hand: what the mouse holds.
        layout: of the canvas shown last.
    """

    def __init__(self, window: Window, device: str) -> None:
        self.window = window
        self.hand = Hand()
        self._device = device
        self._overlay = Overlay()
        self.layout: Layout = lay_out(window.size, window.size, SLIDERS)

    def draw(
        self,
        shot: Shot | None,
        size: tuple[int, int],
        controls: Controls,
        *,
        meter: Meter,
        dropped: int,
        recording: float | None,
        message: str | None,
    ) -> None:
        """Draw a shot, or that none has come yet, as large as fits into the window.

        Args:
            shot: None before the first.
            size: (width, height) of the frames, in pixels.
            controls: how to show it.
            meter: for the numbers.
            dropped: number of frames not shown.
            recording: seconds recorded; None while nothing is.
            message: what just happened.
        """
        canvas_size = self.window.size
        sliders = tuple(s for s in SLIDERS if s.name != "mix" or controls.style_count > 1)
        self.layout = layout = lay_out(canvas_size, size, sliders)
        box = layout.picture
        if shot is not None and (box.width, box.height) == canvas_size:
            canvas = compose(shot, controls, canvas_size)
        else:
            canvas = np.zeros((canvas_size[1], canvas_size[0], 3), np.uint8)
            if shot is not None:
                picture = compose(shot, controls, (box.width, box.height))
                canvas[box.top : box.bottom, box.left : box.right] = picture
        if shot is None:
            self._overlay.draw_waiting(canvas, layout, message or "waiting for the first picture")
        else:
            height, width = shot.painted.shape[:2]
            facts = (
                f"{meter.recent_fps:.0f} fps",
                f"{meter.recent_latency_ms:.0f} ms",
                f"{dropped} dropped",
                f"{self._device} {width}x{height}",
            )
            self._overlay.draw(canvas, layout, controls, Status(facts, recording, message))
        self.window.show(canvas)
