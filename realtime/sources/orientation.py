"""The display matrix of a video: how a decoded picture is turned to stand upright."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np

from ..frame import Image


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight ways to lay a rectangle on a rectangle.

    Attributes:
        transpose: rows become columns; done first.
        flip_x: mirror left and right, after that.
        flip_y: mirror top and bottom, after that.
        degrees: counter-clockwise rotation that this amounts to, leaving mirroring aside.
        is_exact: false where the display matrix asks for another angle than a quarter turn.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False
    degrees: int = 0
    is_exact: bool = True

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) after turning, or before it: the operation is its own inverse."""
        return (height, width) if self.transpose else (width, height)

    def apply(self, image: Image) -> Image:
        """The picture upright; ``image`` itself if it already is."""
        if not (self.transpose or self.flip_x or self.flip_y):
            return image
        # Only turned videos pay for loading OpenCV; it turns ten times faster than NumPy.
        import cv2

        turned: Image = image
        if self.transpose:
            turned = np.asarray(cv2.transpose(turned), np.uint8)
        if self.flip_x or self.flip_y:
            code = -1 if self.flip_x and self.flip_y else int(self.flip_x)
            turned = np.asarray(cv2.flip(turned, code), np.uint8)
        return turned


def parse_display_matrix(data: bytes) -> Orientation:
    """Read the display matrix that FFmpeg attaches to frames.

    It maps a decoded pixel ``(x, y)`` to ``(a x + c y, b x + d y)`` on the display, with y
    pointing down.

    Args:
        data: nine 32-bit integers ``a b u c d v x y w``, the first two columns in 16.16 fixed
            point.
    """
    if len(data) < 36:
        return Orientation()
    a, b, _, c, d, *_ = struct.unpack("=9i", data[:36])
    if a == b == c == d == 0:
        return Orientation()
    transpose = abs(b) + abs(c) > abs(a) + abs(d)
    if transpose:
        flip_x, flip_y = c < 0, b < 0
        small, large = max(abs(a), abs(d)), max(abs(b), abs(c))
    else:
        flip_x, flip_y = a < 0, d < 0
        small, large = max(abs(b), abs(c)), max(abs(a), abs(d))
    # The same convention as FFmpeg: the angle of the turned x axis, mirroring left aside.
    degrees = round(-math.degrees(math.atan2(b, a)) / 90) * 90 % 360
    return Orientation(transpose, flip_x, flip_y, degrees, is_exact=small * 100 < large)
