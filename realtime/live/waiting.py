"""Before the first picture: keeps the window alive, and the user informed, while others connect."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..sinks.window import Key
from .keys import Command, command_of
from .layout import SLIDERS, lay_out
from .overlay import Overlay

if TYPE_CHECKING:
    from ..sinks.window import Window

_STEP_SECONDS = 0.03
_REDRAW_SECONDS = 0.1
_TELL_SECONDS = 1.0
"""What takes less is not worth a line on a terminal."""


class WaitingRoom:
    """Waits for something, and shows for what.

    Args:
        window: None tells it by ``announce`` instead.
        stop: whether to end.
        announce: told one line at a time.
    """

    def __init__(
        self, window: Window | None, stop: Callable[[], bool], announce: Callable[[str], None]
    ) -> None:
        self._window = window
        self._stop = stop
        self._announce = announce
        self._overlay = Overlay()

    def wait(self, ready: Callable[[float], bool], reason: Callable[[], str]) -> bool:
        """Wait; false if the user does not want to any longer.

        Args:
            ready: waits up to so many seconds; true when it is there.
            reason: what is waited for, in words.

        Raises:
            StylecamError: it will not come.
        """
        begun = time.monotonic()
        told, drawn = "", -_REDRAW_SECONDS
        while not ready(_STEP_SECONDS):
            waited = time.monotonic() - begun
            text = reason()
            if self._window is None:
                if waited > _TELL_SECONDS and text != told:
                    told = text
                    self._announce(text)
            elif waited - drawn >= _REDRAW_SECONDS:
                drawn = waited
                what, _, why = text.partition(": ")
                self._draw(self._window, f"{what}, {waited:.0f} s", why)
            if self._stop() or self._is_left():
                return False
        return not self._stop()

    def _draw(self, window: Window, text: str, detail: str) -> None:
        width, height = window.size
        canvas = np.zeros((height, width, 3), np.uint8)
        layout = lay_out((width, height), (width, height), SLIDERS)
        self._overlay.draw_waiting(canvas, layout, text, detail)
        window.show(canvas)

    def _is_left(self) -> bool:
        """Handle what the user does; true for a wish to leave."""
        if self._window is None:
            return False
        for event in self._window.poll():
            command = command_of(event.name) if isinstance(event, Key) else None
            if command is Command.QUIT:
                return True
            if command is Command.FULLSCREEN:
                self._window.fullscreen = not self._window.fullscreen
        return self._window.closed
