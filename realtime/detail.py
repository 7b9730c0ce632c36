"""Gives a blend of pictures back the detail that blending has taken."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import luma
from .frame import Image

# How far detail may be weakened or amplified in one go.
_GAINS = (0.7, 2.2)
# Light makes up for the detail that color has lost.
_FOR_COLOR = 1.04
_CELL = 16  # pixels: the squares over which detail is compared
_NOISE = 0.02  # squared levels: what rounding leaves of a flat picture
_FINE = (3, 3)

Detail = NDArray[np.int16]
"""int16 ``[H, W]``: what a slight blur takes away, in levels of 255."""


def restore_detail(blended: Image, fresh: Image) -> Image:
    """Give the blend as much local detail as the fresh painting has.

    Brush strokes that differ from frame to frame average out to nothing. Amplified by as much as
    they have lost, they pass slowly into one another instead. Only light and dark are sharpened:
    color is not where strokes show, and would cost three times as much.

    Args:
        blended: uint8 ``[H, W, 3]``.
        fresh: of the same shape.

    Returns:
        A new picture.
    """
    height, width = blended.shape[:2]
    detail = _detail(blended)
    lost = (_energy(_detail(fresh)) + _NOISE) / (_energy(detail) + _NOISE)
    more = np.clip(_FOR_COLOR * np.sqrt(lost), *_GAINS) - np.float32(1)
    change = cv2.multiply(detail, cv2.resize(more, (width, height)), dtype=cv2.CV_16S)
    return np.asarray(cv2.add(blended, cv2.merge((change,) * 3), dtype=cv2.CV_8U), np.uint8)


def _detail(image: Image) -> Detail:
    light = luma(image)
    return np.asarray(cv2.subtract(light, cv2.blur(light, _FINE), dtype=cv2.CV_16S), np.int16)


def _energy(detail: Detail) -> NDArray[np.float32]:
    """The mean square around each cell: float32 ``[ceil(H/16), ceil(W/16)]``."""
    # Every second pixel of every second row will do for a mean.
    energy = np.square(detail[::2, ::2], dtype=np.float32)
    height, width = energy.shape
    cells = -(-width // (_CELL // 2)), -(-height // (_CELL // 2))
    means = cv2.resize(energy, cells, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.blur(means, _FINE), np.float32)
