"""A screen of its own for a test: Xvfb, with keys and mouse moved by xdotool."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 1280, 800
_PATIENCE = 180.0


class Desktop:
    """What a user at the screen sees and does.

    Attributes:
        display: its name, for the environment of programs.
    """

    def __init__(self, display: str) -> None:
        self.display = display
        self.window = ""

    @property
    def environment(self) -> dict[str, str]:
        """Of programs that are to show their windows here."""
        return {**os.environ, "DISPLAY": self.display}

    def find_window(self, title: str) -> None:
        """Wait for a window and give it the keyboard."""

        def find() -> bool:
            found = self._run("xdotool", "search", "--onlyvisible", "--name", f"^{title}$")
            self.window = found.split()[-1] if found else ""
            return bool(self.window)

        wait_for(find, "a window")
        self._run("xdotool", "windowfocus", "--sync", self.window)

    def press(self, *keys: str) -> None:
        """Press keys one after another, as xdotool calls them."""
        for key in keys:
            self._run("xdotool", "key", key)
            time.sleep(0.25)  # OpenCV keeps one key at a time

    def move(self, x: int, y: int) -> None:
        """Move the mouse to a point of the window."""
        self._run("xdotool", "mousemove", "--window", self.window, str(x), str(y))

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Drag from one point of the window to another."""
        self.move(*start)
        time.sleep(0.25)
        self._run("xdotool", "mousedown", "1")
        time.sleep(0.25)
        for share in (0.5, 1.0):
            x, y = (round(a + share * (b - a)) for a, b in zip(start, end, strict=True))
            self.move(x, y)
            time.sleep(0.25)
        self._run("xdotool", "mouseup", "1")

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        self._run("xdotool", "windowsize", self.window, str(width), str(height))

    def look(self) -> np.ndarray:
        """The screen now: uint8 ``[HEIGHT, WIDTH, 3]``, RGB."""
        command = ["ffmpeg", "-v", "error", "-f", "x11grab", "-draw_mouse", "0"]
        command += ["-video_size", f"{WIDTH}x{HEIGHT}", "-i", self.display, "-frames:v", "1"]
        done = subprocess.run(
            [*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True
        )
        return np.frombuffer(done.stdout, np.uint8).reshape(HEIGHT, WIDTH, 3)

    def save(self, path: Path) -> None:
        """Keep a screenshot for people to look at."""
        cv2.imwrite(str(path), cv2.cvtColor(self.look(), cv2.COLOR_RGB2BGR))

    def wait_for_color(self, point: tuple[int, int], color: tuple[int, int, int]) -> None:
        """Wait until a point of the screen has a colour, to within a few levels."""
        seen = []

        def has_color() -> bool:
            seen[:] = [self.look()[point[1], point[0]].tolist()]
            return bool(np.abs(np.subtract(seen[0], color)).max() <= 8)

        wait_for(has_color, f"the colour {color} at {point}", seen)

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout


@contextmanager
def desktop(*, manager: bool = False) -> Iterator[Desktop]:
    """Start a screen, with a window manager if asked for, and end it afterwards."""
    for program in ("Xvfb", "xdotool", "ffmpeg", "openbox"):
        assert shutil.which(program), f"install {program}"
    reading, writing = os.pipe()
    # Without -noreset the server starts anew whenever its last client leaves, xdotool for instance,
    # and turns away a program that connects in that moment.
    screen = ["-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), *screen],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with ExitStack() as programs:
        programs.callback(_end, server)
        with os.fdopen(reading) as told:
            here = Desktop(f":{told.readline().strip()}")
        if manager:
            keeper = subprocess.Popen(["openbox"], env=here.environment, stderr=subprocess.DEVNULL)
            programs.callback(_end, keeper)
        yield here


def _end(program: subprocess.Popen[bytes]) -> None:
    """Ask a program to end, and kill one that does not."""
    program.terminate()
    try:
        program.wait(timeout=30)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def wait_for(condition: Callable[[], bool], what: str, seen: object = "nothing") -> None:
    """Wait until ``condition`` holds; fails with ``what`` after a long time."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}; saw {seen}"
        time.sleep(0.05)
