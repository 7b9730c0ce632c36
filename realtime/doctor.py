"""Looks at what stylecam finds on this machine. No look may fail: what is missing is a finding."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .about import __version__
from .messages import install_extra

_LIBRARIES = {"numpy": "numpy", "PyAV": "av", "OpenCV": "cv2", "ONNX Runtime": "onnxruntime"}
_TRAINING_LIBRARIES = ("torch", "onnx")
_CAMERAS_TRIED = 4
_CAMERA_FOLDER = Path("/sys/class/video4linux")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for.

    Attributes:
        name: what it is.
        works: whether it can be used here.
        detail: a version, a description, or why it cannot be used.
    """

    name: str
    works: bool
    detail: str = ""


def examine() -> dict[str, list[Finding]]:
    """All findings by topic: ``versions``, ``providers``, ``encoders``, ``cameras``, ``models``."""
    topics: dict[str, Callable[[], list[Finding]]] = {
        "versions": find_versions,
        "providers": find_providers,
        "encoders": find_encoders,
        "cameras": find_cameras,
        "models": find_models,
    }
    return {topic: _guarded(topic, find) for topic, find in topics.items()}


def find_versions() -> list[Finding]:
    """stylecam, Python, the system, and the libraries (torch and onnx are needed to train only)."""
    return [
        Finding("stylecam", True, __version__),
        Finding("Python", True, platform.python_version()),
        Finding("system", True, platform.platform()),
        *(_version(name, module) for name, module in _LIBRARIES.items()),
        *(_training_version(name) for name in _TRAINING_LIBRARIES),
    ]


def find_providers() -> list[Finding]:
    """Every ONNX Runtime provider that stylecam knows: whether a model runs on it, or why not."""
    from .providers import probe

    return [
        Finding(
            status.device,
            status.loads,
            status.name
            if status.loads
            else "; ".join(filter(None, (status.reason, status.install))),
        )
        for status in probe()
    ]


def find_encoders() -> list[Finding]:
    """What ``--codec`` accepts, and whether PyAV's FFmpeg contains the encoder."""
    from .sinks.encoders import ENCODERS, available_codecs

    available = available_codecs()
    return [
        Finding(
            name,
            name in available,
            encoder.name if name in available else f"{encoder.name} is not part of this PyAV",
        )
        for name, encoder in ENCODERS.items()
    ]


def find_cameras() -> list[Finding]:
    """Cameras by number; on Linux without opening them."""
    if sys.platform == "linux":
        folders = sorted(_CAMERA_FOLDER.glob("video*"), key=lambda folder: len(folder.name))
        return [
            Finding(folder.name.removeprefix("video"), True, (folder / "name").read_text().strip())
            for folder in folders
        ]
    return _open_cameras()


def find_models() -> list[Finding]:
    """The models that come with stylecam, with their styles."""
    from .errors import ModelError
    from .model_files import bundled_models, describe

    findings = []
    for path in bundled_models():
        try:
            styles = describe(path).painted_styles
        except ModelError as error:
            findings.append(Finding(path.name, False, str(error)))
        else:
            findings.append(Finding(path.name, True, ", ".join(style.name for style in styles)))
    return findings


def _open_cameras() -> list[Finding]:
    import cv2

    findings = []
    for number in range(_CAMERAS_TRIED):
        camera = cv2.VideoCapture(number)
        if camera.isOpened():
            size = [
                int(camera.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
            ]
            findings.append(Finding(str(number), True, f"{size[0]}x{size[1]}"))
        camera.release()
    return findings


def _version(name: str, module: str) -> Finding:
    try:
        return Finding(name, True, str(import_module(module).__version__))
    except ImportError as error:
        return Finding(name, False, f"not installed ({error})")


def _training_version(name: str) -> Finding:
    """Without the import, which takes seconds."""
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, f"not installed; needed to train: {install_extra('train')}")


def _guarded(topic: str, find: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return find()
    except Exception as error:
        # A broken installation is what a doctor is for.
        return [Finding(topic, False, f"{type(error).__name__}: {error}")]
