"""The original and the painting put together as the user wants to see them."""

from __future__ import annotations

import cv2
import numpy as np

from ..frame import Image
from .controls import Controls, View
from .painter import Shot

_LINE = (255, 255, 255)


def compose(shot: Shot, controls: Controls, size: tuple[int, int]) -> Image:
    """The picture to show, without anything drawn over it but the line of the split.

    Args:
        shot: the frame and its painting.
        controls: which of them to show, and where the split is.
        size: (width, height) of the result, in pixels.

    Returns:
        A new array: uint8 ``[height, width, 3]``, RGB.
    """
    if controls.view is View.PAINTED:
        return _scaled(shot.painted, size)
    result = _scaled(shot.frame.image, size)
    if controls.view is View.SPLIT:
        column = divider_column(controls, size[0])
        result[:, column:] = _scaled(shot.painted, size)[:, column:]
        half = max(1, size[0] // 640)
        result[:, max(0, column - half) : column + half] = _LINE
    return result


def divider_column(controls: Controls, width: int) -> int:
    """The first column of the painting in a split picture of ``width`` pixels."""
    return round(controls.divider * width)


def _scaled(image: Image, size: tuple[int, int]) -> Image:
    """A copy of ``image`` at (width, height)."""
    if (image.shape[1], image.shape[0]) == size:
        return image.copy()
    shrinks = size[0] < image.shape[1]
    # Linear would show the pixels of a small painting as squares, and is hardly any faster.
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(resized, np.uint8)
