"""Which cameras there are, and which sizes and rates they deliver."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2

from ..opencv import quiet_opencv
from .v4l2 import read_rates

_FOLDER = Path("/sys/class/video4linux")
_NUMBERS_TRIED = 6
"""Elsewhere than on Linux cameras are found by opening them."""
_SIZES = (
    *((320, 240), (640, 360), (640, 480), (800, 600), (960, 540), (1024, 768)),
    *((1280, 720), (1280, 960), (1920, 1080), (2560, 1440), (3840, 2160)),
)


@dataclass(frozen=True, slots=True)
class Mode:
    """What a camera can be asked for.

    Attributes:
        width: in pixels.
        height: in pixels.
        fps: frames per second that the driver claims, slowest first; empty where it does not say.
    """

    width: int
    height: int
    fps: tuple[float, ...]

    def __str__(self) -> str:
        rates = ", ".join(f"{rate:g}" for rate in self.fps)
        return f"{self.width}x{self.height}" + (f" at {rates} fps" if rates else "")


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of this machine.

    Attributes:
        number: to call it by.
        name: as its driver says; empty where the system does not tell.
        modes: what it delivers; empty if it cannot be opened.
    """

    number: int
    name: str
    modes: tuple[Mode, ...]


def list_cameras() -> list[Camera]:
    """Every camera, as its driver describes it; else it is opened and asked for the usual sizes."""
    cameras = []
    for number, name in _candidates():
        modes = driver_modes(Path(f"/dev/video{number}")) or probe_modes(number)
        # A webcam has a second device without pictures, for its metadata.
        if modes or (name and not _delivers_no_pictures(number)):
            cameras.append(Camera(number, name, modes))
    return cameras


def driver_modes(device: Path) -> tuple[Mode, ...]:
    """What a driver of Linux lists; a camera that is in use tells it too."""
    if sys.platform != "linux":
        return ()
    return tuple(Mode(*size, rates) for size, rates in read_rates(device).items())


def probe_modes(number: int) -> tuple[Mode, ...]:
    """The sizes that a camera adopts when it is asked for them; empty if it cannot be opened."""
    found: dict[tuple[int, int], Mode] = {}
    with quiet_opencv():
        capture = cv2.VideoCapture(number)
        try:
            if not capture.isOpened():
                return ()
            # Uncompressed, most cameras cannot deliver large pictures at full rate.
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            for width, height in _SIZES:
                capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
                capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
                size = (
                    int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
                    int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
                )
                if min(size) > 0:
                    rate = capture.get(cv2.CAP_PROP_FPS)
                    found[size] = Mode(*size, (rate,) if rate > 0 else ())
        finally:
            capture.release()
    return tuple(found[size] for size in sorted(found))


def _candidates() -> list[tuple[int, str]]:
    """(number, name) of everything that may be a camera."""
    if sys.platform != "linux":
        return [(number, "") for number in range(_NUMBERS_TRIED)]
    folders = {
        int(folder.name.removeprefix("video")): folder
        for folder in _FOLDER.glob("video*")
        if folder.name.removeprefix("video").isdigit()
    }
    return [(number, _read(folders[number] / "name")) for number in sorted(folders)]


def _delivers_no_pictures(number: int) -> bool:
    """Whether Linux says that a device is the second or later of one camera."""
    return _read(_FOLDER / f"video{number}" / "index") not in ("", "0")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
