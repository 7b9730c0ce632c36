"""Writing pictures and models: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import cv2

from realtime.errors import SinkError
from realtime.frame import Image


def check_output(path: Path, *, overwrite: bool) -> None:
    """Refuse an output that cannot be written, before any work is done.

    Raises:
        SinkError: its folder does not exist, it is a folder, or it exists and may not be replaced.
    """
    if not path.parent.is_dir():
        raise SinkError(f"folder {path.parent} does not exist; create it first")
    if path.is_dir():
        raise SinkError(f"{path} is a folder; give a file")
    if path.exists() and not overwrite:
        raise SinkError(f"{path} exists; use --overwrite to replace it")


def check_picture_output(path: Path, *, overwrite: bool) -> None:
    """`check_output`, and that the suffix names a format that can be written.

    Raises:
        SinkError: as `check_output`; or an unknown suffix.
    """
    check_output(path, overwrite=overwrite)
    try:
        known = cv2.haveImageWriter(path.name)
    except cv2.error:  # no suffix at all
        known = False
    if not known:
        raise SinkError(f"{path}: unknown kind of picture '{path.suffix}'; use .png or .jpg")


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file; one of this name stays whole until the new one is complete.

    Raises:
        SinkError: the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise SinkError(f"{path} cannot be written: {error.strerror}") from error


def write_picture(path: Path, image: Image) -> None:
    """Write ``image`` (uint8 RGB [H, W, 3]) in the format of the suffix, which must be known.

    Raises:
        SinkError: the file cannot be written.
    """
    _, data = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    write_bytes(path, data.tobytes())
