"""Keeps OpenCV's windows working on Linux: beside PyAV, and with the system's Xlib.

PyAV and OpenCV both bring libraries of the X Window System, three of which have the same file names
but belong to different copies of libxcb. The system loads a name only once, so after PyAV has been
imported Qt would hand its connection to the wrong copy and wait for ever. Loading OpenCV's first is
harmless: PyAV needs its own only to record the screen.

OpenCV also brings libX11-xcb, but takes the libX11 of the system, and the first reaches into a
structure of the second that has changed since: with libX11 1.8 it does not find the field that says
that Qt, not Xlib, reads the events. Xlib then takes some of them away, and a window that misses the
one that it is on the screen stays black: one in ten, on two busy cores.
"""

from __future__ import annotations

import ctypes
import logging
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from ..errors import SinkError

_FOLDER = "opencv_python.libs"
_RIVAL_FOLDER = "av.libs"
_MAPS = Path("/proc/self/maps")
_SYSTEMS_XLIB_XCB = "libX11-xcb.so.1"
_logger = logging.getLogger(__name__)


def load_first() -> None:
    """Load what OpenCV's windows need, before PyAV is imported; harmless when repeated."""
    if sys.platform != "linux":
        return
    for path in _libraries():
        # One that cannot be loaded is missed by Qt, which says so better.
        with suppress(OSError):
            ctypes.CDLL(str(path))


def prefer_the_systems() -> None:
    """Let Qt find the system's libX11-xcb before OpenCV's; to be called before the first window.

    Harmless when repeated.
    """
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL(_SYSTEMS_XLIB_XCB, ctypes.RTLD_GLOBAL)
    except OSError as error:
        _logger.warning("%s; should the window stay black, install libx11-xcb1", error)


def check_loaded() -> None:
    """Raise if a window would hang.

    Raises:
        SinkError: PyAV was imported too early.
    """
    if sys.platform != "linux" or not _MAPS.exists():
        return
    rivals = tuple(f"/{_RIVAL_FOLDER}/{path.name}" for path in _libraries())
    if any(line.endswith(rivals) for line in _MAPS.read_text(errors="replace").splitlines()):
        raise SinkError(
            "a window cannot be opened after PyAV was imported; call"
            " realtime.sinks.window_libraries.load_first() at the start of the program"
        )


def _libraries() -> list[Path]:
    """Those of OpenCV's own libraries that PyAV may bring too."""
    spec = find_spec("cv2")
    if spec is None or spec.origin is None:
        return []
    return sorted((Path(spec.origin).parent.parent / _FOLDER).glob("libxcb-*.so*"))
