"""Crisp text in a picture, with the font that comes inside OpenCV 5."""

from __future__ import annotations

from functools import lru_cache

import cv2

from .frame import Image

_REGULAR = 450
_BOLD = 700


class Writer:
    """Writes text with smooth edges; every script that the built-in font has."""

    def __init__(self) -> None:
        self._face = cv2.FontFace("sans")
        self._measure = lru_cache(maxsize=512)(self._width)
        self._shorten = lru_cache(maxsize=64)(self._cut)

    def width(self, text: str, size: int, *, bold: bool = False) -> int:
        """How wide ``text`` is at a height of ``size``, in pixels."""
        return self._measure(text, size, bold)

    def write(
        self,
        canvas: Image,
        text: str,
        at: tuple[int, int],
        size: int,
        color: tuple[int, int, int],
        *,
        bold: bool = False,
    ) -> None:
        """Write one line over ``canvas``, in place.

        Args:
            canvas: uint8 ``[H, W, 3]``, RGB.
            text: one line.
            at: (x, y) of the left end of its base line, in pixels.
            size: height of the letters, in pixels.
            color: RGB.
            bold: in heavy letters.
        """
        cv2.putText(canvas, text, at, color, self._face, size, _BOLD if bold else _REGULAR)

    def shortened(self, text: str, size: int, width: int, *, bold: bool = False) -> str:
        """``text``, cut so that it is no wider than ``width`` pixels."""
        if self.width(text, size, bold=bold) <= width:
            return text
        return self._shorten(text, size, width, bold)

    def _cut(self, text: str, size: int, width: int, bold: bool) -> str:
        while text and self._width(text + "…", size, bold) > width:
            text = text[:-1]
        return text.rstrip() + "…"

    def _width(self, text: str, size: int, bold: bool) -> int:
        if not text:
            return 0
        box = cv2.getTextSize((0, 0), text, (0, 0), self._face, size, _BOLD if bold else _REGULAR)
        return int(box[0] + box[2])
