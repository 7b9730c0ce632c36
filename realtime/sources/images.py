"""Pictures as input: one file, or a folder of them in natural order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError
from ..frame import Frame, Image, StreamInfo
from ..opencv import quiet_opencv
from ..sizes import MAXIMUM_PIXELS, SizeRequest, check_pixels
from . import IMAGE_SUFFIXES
from .image_header import picture_size

DEFAULT_RATE = Fraction(25)
"""Frames per second of a folder of pictures, which has no time of its own."""

_JPEG_MAGIC = b"\xff\xd8\xff"


class ImageSource:
    """An image file, or every image of a folder, as frames.

    Raises:
        SourceError: missing, empty, or the first picture cannot be decoded.
    """

    def __init__(
        self,
        path: Path,
        *,
        size: SizeRequest | None = None,
        rate: Fraction = DEFAULT_RATE,
        max_pixels: int | None = None,
    ) -> None:
        self._max_pixels = max_pixels
        self.warnings: list[str] = []
        self.damaged = False
        self._paths = list_images(path) if path.is_dir() else [path]
        self._requested = size
        self._rate = rate
        # The first picture tells the size of all; it is decoded once.
        self._first: Image | None = self._load(self._paths[0])
        height, width = self._first.shape[:2]
        count = len(self._paths)
        self.info = StreamInfo(
            width=width,
            height=height,
            rate=rate if path.is_dir() else None,
            frame_count=count,
            duration=count / rate if path.is_dir() else None,
            time_base=1 / rate,
        )

    def __iter__(self) -> Iterator[Frame]:
        """Yield every picture.

        Raises:
            SourceError: a picture cannot be decoded, or has another size than the first.
        """
        for index, path in enumerate(self._paths):
            image = self._load(path) if self._first is None else self._first
            self._first = None
            if image.shape[:2] != (self.info.height, self.info.width):
                raise SourceError(
                    f"{path} has {image.shape[1]}x{image.shape[0]} pixels, but the pictures before"
                    f" it {self.info.width}x{self.info.height}; give a --size for all"
                )
            yield Frame(image, index / self._rate, index, 1 / self._rate)

    def _load(self, path: Path) -> Image:
        image = read_image(path, self._max_pixels)
        if self._requested is None:
            return image
        height, width = image.shape[:2]
        target = self._requested.resolve(width, height)
        if target == (width, height):
            return image
        shrinks = target[0] < width
        method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        return np.ascontiguousarray(cv2.resize(image, target, interpolation=method), np.uint8)

    def close(self) -> None:
        """Deliver no more pictures."""
        self._paths.clear()
        self._first = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def list_images(folder: Path) -> list[Path]:
    """The images of a folder, in natural order: ``frame2`` before ``frame10``.

    Raises:
        SourceError: it cannot be read, or holds no image.
    """
    try:
        paths = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
        ]
    except OSError as error:
        raise SourceError(f"folder {folder} cannot be read ({error.strerror})") from error
    if not paths:
        raise SourceError(
            f"folder {folder} holds no image ({', '.join(sorted(IMAGE_SUFFIXES))}); name another"
        )
    return sorted(paths, key=lambda path: _natural_key(path.name))


def read_image(path: Path, max_pixels: int | None = None) -> Image:
    """Decode an image file.

    The orientation in its EXIF data is applied; grey, 16-bit and CMYK pictures become 8-bit RGB;
    transparent ones are laid on white.

    Args:
        path: of the file.
        max_pixels: most pixels that it may have; None for the usual limit.

    Returns:
        uint8 ``[H, W, 3]``, RGB.

    Raises:
        SourceError: missing, unreadable, too large, or no image.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise SourceError(f"{path} does not exist; check the name") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror})") from error
    if not data:
        raise SourceError(f"{path} is empty")
    size = picture_size(data)
    if size is None:
        # OpenCV knows more formats than these, each of which could ask for all of the memory.
        raise SourceError(f"{path} is no image that can be decoded; it may be damaged")
    check_pixels(*size, max_pixels or MAXIMUM_PIXELS, path)
    image = _decode(data, cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise SourceError(f"{path} is no image that can be decoded; it may be damaged")
    if not data.startswith(_JPEG_MAGIC):
        unchanged = _decode(data, cv2.IMREAD_UNCHANGED)
        if unchanged is not None and unchanged.ndim == 3 and unchanged.shape[2] == 4:
            image = _lay_on_white(unchanged)
    return np.ascontiguousarray(image, np.uint8)


def _decode(data: bytes, flags: int) -> NDArray[np.uint8] | None:
    # From memory and not by name: OpenCV cannot open every name on every system.
    with quiet_opencv():
        try:
            return cv2.imdecode(np.frombuffer(data, np.uint8), flags)  # type: ignore[return-value]
        except cv2.error:
            return None


def _lay_on_white(bgra: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Transparent uint8 or uint16 ``[H, W, 4]`` BGRA as uint8 ``[H, W, 3]`` RGB."""
    scaled = bgra.astype(np.float32) * (255 / np.iinfo(bgra.dtype).max)
    alpha = scaled[..., 3:] / 255
    mixed = scaled[..., 2::-1] * alpha + 255 * (1 - alpha)
    return np.rint(mixed).astype(np.uint8)


def _natural_key(name: str) -> tuple[tuple[int, str], ...]:
    parts = re.findall(r"[0-9]+|[^0-9]+", name.lower())
    return tuple((int(part), "") if part[0] in "0123456789" else (-1, part) for part in parts)
