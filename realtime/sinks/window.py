"""A window on the screen, by OpenCV: shows pictures, and tells what keys and mouse do.

The window shows canvases of exactly its own size, so that text stays crisp and a point of the mouse
is a pixel of the canvas. Fitting a picture into it is left to the caller.
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self, TypeAlias

import cv2

from ..errors import SinkError
from ..frame import Image
from .window_libraries import check_loaded, prefer_the_systems

_SMALLEST = 64
"""Pixels of a side below which a window has no size yet, or none worth painting for."""

_MOST_KEYS = 32
"""In one poll, so that a key that is held down cannot hold up the picture."""

_NAMES = {
    8: "backspace",
    9: "tab",
    13: "enter",
    27: "escape",
    32: "space",
    # X11 and GTK, then Windows, then macOS.
    **dict.fromkeys((0xFF51, 0x250000, 0xF702), "left"),
    **dict.fromkeys((0xFF52, 0x260000, 0xF700), "up"),
    **dict.fromkeys((0xFF53, 0x270000, 0xF703), "right"),
    **dict.fromkeys((0xFF54, 0x280000, 0xF701), "down"),
    **dict.fromkeys((0xFFBE, 0x700000, 0xF704), "f1"),
    **dict.fromkeys((0xFFC8, 0x7A0000, 0xF70E), "f11"),
}
"""OpenCV's code of a key to its name; printable characters name themselves."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key was pressed.

    Attributes:
        name: the character, or a word such as ``left``, ``space`` or ``f11``.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """The mouse did something.

    Attributes:
        what: the left button went down or up, the mouse moved, or its wheel turned.
        x: in pixels of the canvas, from the left.
        y: in pixels of the canvas, from the top.
        steps: of the wheel, upwards positive.
    """

    what: Literal["down", "up", "move", "wheel"]
    x: int
    y: int
    steps: int = 0


Event: TypeAlias = Key | Pointer


class Window:
    """A window that can be resized. Use it from the main thread only, as most systems demand.

    Args:
        title: also its name for OpenCV, so one at a time.
        size: (width, height) to begin with, in pixels.

    Raises:
        SinkError: there is no screen, this OpenCV has no windows, or PyAV was imported too early.
    """

    def __init__(self, title: str, size: tuple[int, int]) -> None:
        check_display()
        check_loaded()
        prefer_the_systems()
        self._title = title
        self._events: list[Event] = []
        self._fullscreen = False
        self._open = True
        flags = cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL
        try:
            cv2.namedWindow(title, flags)
        except cv2.error as error:
            raise SinkError(
                "this OpenCV opens no windows; install opencv-python instead of"
                " opencv-python-headless, or add --no-window"
            ) from error
        cv2.resizeWindow(title, *size)
        cv2.setMouseCallback(title, self._on_mouse)
        self._size = size

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the canvas to show next, in pixels."""
        if self._open:
            _, _, width, height = cv2.getWindowImageRect(self._title)
            if min(width, height) >= _SMALLEST:
                self._size = (width, height)
        return self._size

    def resize(self, width: int, height: int) -> None:
        """Give the canvas another size, in pixels."""
        if self._open:
            cv2.resizeWindow(self._title, width, height)

    @property
    def fullscreen(self) -> bool:
        """Whether it covers the whole screen."""
        return self._fullscreen

    @fullscreen.setter
    def fullscreen(self, wanted: bool) -> None:
        self._fullscreen = wanted
        mode = cv2.WINDOW_FULLSCREEN if wanted else cv2.WINDOW_NORMAL
        cv2.setWindowProperty(self._title, cv2.WND_PROP_FULLSCREEN, mode)

    def show(self, canvas: Image) -> None:
        """Show a canvas; it is on the screen after the next `poll`.

        Args:
            canvas: uint8 ``[H, W, 3]``, RGB, of the window's size.
        """
        if self._open:
            cv2.imshow(self._title, cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR))

    def poll(self) -> list[Event]:
        """What happened since the last call, oldest first; also brings what was shown on screen.

        OpenCV remembers one key at a time: of several that come while no call is made only the last
        may be left.
        """
        if not self._open:
            return []
        for _ in range(_MOST_KEYS):
            code = cv2.pollKey()
            if code == -1:
                break
            name = key_name(code)
            if name is not None:
                self._events.append(Key(name))
        events, self._events = self._events, []
        self._open = self._is_visible()
        return events

    def _is_visible(self) -> bool:
        """Whether the window is still there, after its close button may have been used."""
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:
            return False  # the last window took all of Qt with it

    @property
    def closed(self) -> bool:
        """Whether the user, or `close`, has closed it."""
        return not self._open

    def close(self) -> None:
        """Remove the window; harmless when repeated."""
        if self._open:
            self._open = False
            cv2.destroyWindow(self._title)
            cv2.pollKey()  # it goes when events are handled

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _on_mouse(self, event: int, x: int, y: int, flags: int, parameter: object) -> None:
        del parameter
        if event in (cv2.EVENT_LBUTTONDOWN, cv2.EVENT_LBUTTONDBLCLK):
            self._events.append(Pointer("down", x, y))
        elif event == cv2.EVENT_LBUTTONUP:
            self._events.append(Pointer("up", x, y))
        elif event == cv2.EVENT_MOUSEMOVE:
            self._events.append(Pointer("move", x, y))
        elif event == cv2.EVENT_MOUSEWHEEL:
            # The upper half of the flags is how far the wheel turned, signed.
            steps = 1 if flags > 0 else -1
            self._events.append(Pointer("wheel", x, y, steps))


def key_name(code: int) -> str | None:
    """The name of OpenCV's key code; None for no key, or one without a use here."""
    if code in _NAMES:
        return _NAMES[code]
    return chr(code) if 32 < code < 127 else None


def check_display() -> None:
    """Raise unless a window can be opened: Qt would end the process otherwise.

    Raises:
        SinkError: no screen, or one that does not answer.
    """
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM", "xcb") != "xcb":
        return
    display = os.environ.get("DISPLAY", "")
    advice = "add --no-window, with --serve or --record for instance"
    if not display:
        raise SinkError(f"there is no screen for a window (DISPLAY is not set); {advice}")
    host, _, number = display.rpartition(":")
    number = number.partition(".")[0]
    if host in ("", "unix") and number.isdigit() and not _answers(number):
        raise SinkError(f"the screen {display} does not answer; {advice}")


def _answers(display: str) -> bool:
    path = f"/tmp/.X11-unix/X{display}"
    for address in (path, f"\0{path}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(address)
            except OSError:
                continue
            return True
    return False
