"""Pictures as output: one file, or a folder with one file per frame."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2

from ..errors import SinkError
from ..frame import Frame, Image
from ..opencv import quiet_opencv
from .atomic import AtomicFile, reason
from .closing import Closing
from .leftovers import TemporaryPlace

_QUALITY = 95
_PARAMETERS = {
    ".jpg": (cv2.IMWRITE_JPEG_QUALITY, _QUALITY),
    ".jpeg": (cv2.IMWRITE_JPEG_QUALITY, _QUALITY),
    ".webp": (cv2.IMWRITE_WEBP_QUALITY, _QUALITY),
}


class ImageSink(Closing):
    """Writes exactly one frame to one file, which appears under its name at ``close``.

    Args:
        path: its suffix tells the format.
        overwrite: whether an existing file may be replaced.

    Raises:
        SinkError: it exists and ``overwrite`` is not given, or it cannot be created.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self.warnings: list[str] = []
        self._path = path
        self._file = AtomicFile(path, overwrite=overwrite)
        self._open = True
        self._written = False

    def write(self, frame: Frame) -> None:
        """Encode the frame.

        Raises:
            SinkError: a second frame, a picture the format cannot hold, or a full disk.
            ValueError: the sink is closed.
        """
        if not self._open:
            raise ValueError(f"{self._path} is closed and takes no more frames")
        if self._written:
            raise SinkError(
                f"{self._path} holds one picture, but the input has more;"
                f" name a video, or a folder: {self._path.with_suffix('')}{os.sep}"
            )
        data = encode_image(frame.image, self._path)
        try:
            self._file.temporary.write_bytes(data)
        except OSError as error:
            raise SinkError(f"cannot write {self._path}: {reason(error)}") from error
        self._written = True

    def close(self) -> None:
        """Give the file its name.

        Raises:
            SinkError: no frame was written, or the file cannot be renamed.
        """
        if not self._open:
            return
        if not self._written:
            self.abort()
            raise SinkError(f"{self._path} was not written: the input has no picture")
        self._open = False
        self._file.commit()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._open = False
        self._file.discard()


class ImageFolderSink(Closing):
    """Writes one PNG per frame into a folder: ``frame_000000.png``, ...

    The pictures wait in a hidden folder beside the target and take their place at ``close``.

    Args:
        folder: made if it does not exist.
        overwrite: whether it may hold something, and pictures of the same names be replaced.

    Raises:
        SinkError: it holds something and ``overwrite`` is not given, or cannot be written.
    """

    def __init__(self, folder: Path, *, overwrite: bool = False) -> None:
        self.warnings: list[str] = []
        self._folder = folder
        self._count = 0
        self._open = True
        parent = folder.absolute().parent
        if folder.exists() and not folder.is_dir():
            raise SinkError(f"{folder} is a file; name a folder for the pictures")
        if not parent.is_dir():
            raise SinkError(f"cannot write {folder}: there is no folder {parent}; create it")
        try:
            if not overwrite and folder.exists() and any(folder.iterdir()):
                raise SinkError(f"folder {folder} is not empty; name another or add --overwrite")
            self._place = TemporaryPlace(parent, Path.mkdir)
            self._temporary = self._place.path
        except OSError as error:
            raise SinkError(f"cannot write {folder}: {reason(error)}") from error

    def write(self, frame: Frame) -> None:
        """Encode the frame as the next picture.

        Raises:
            SinkError: the disk is full.
            ValueError: the sink is closed.
        """
        if not self._open:
            raise ValueError(f"{self._folder} is closed and takes no more frames")
        path = self._temporary / f"frame_{self._count:06d}.png"
        try:
            path.write_bytes(encode_image(frame.image, path))
        except OSError as error:
            raise SinkError(f"cannot write {self._folder}: {reason(error)}") from error
        self._count += 1

    def close(self) -> None:
        """Move the pictures into the folder.

        Raises:
            SinkError: no frame was written, or the pictures cannot be moved.
        """
        if not self._open:
            return
        if self._count == 0:
            self.abort()
            raise SinkError(f"{self._folder} was not written: the input has no picture")
        self._open = False
        try:
            self._folder.mkdir(exist_ok=True)
            for picture in sorted(self._temporary.iterdir()):
                picture.replace(self._folder / picture.name)
        except OSError as error:
            raise SinkError(f"cannot write {self._folder}: {reason(error)}") from error
        finally:
            self._remove_temporary()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._open = False
        self._remove_temporary()

    def _remove_temporary(self) -> None:
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._place.release()


def encode_image(image: Image, path: Path) -> bytes:
    """A picture as the bytes of a file whose format follows from the suffix of ``path``.

    Args:
        image: uint8 ``[H, W, 3]``, RGB.
        path: only its suffix counts.

    Raises:
        SinkError: the format is unknown or cannot hold a picture of this size.
    """
    suffix = path.suffix.lower()
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    try:
        with quiet_opencv():
            done, data = cv2.imencode(suffix, bgr, _PARAMETERS.get(suffix, ()))
    except cv2.error:
        done = False
    if not done:
        height, width = image.shape[:2]
        raise SinkError(f"{path} cannot hold a picture of {width}x{height} pixels; use .png")
    return data.tobytes()
