"""Gives a blend of pictures back the detail that blending has taken."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import Mask, luma
from .frame import Image

# How far strokes may be weakened or amplified in one frame. The result is blended into the next
# one, so several frames come closer to the fresh painting's detail than one does.
_STROKE_GAINS = (0.7, 2.2)
_CELL = 64  # pixels: the squares over which detail is compared
_NOISE = 0.02  # squared levels: what rounding leaves of a flat picture

# How much of what is finer than strokes is taken from the fresh painting, and how far the sum may
# be amplified. Moving things want to be crisp, and hide flicker; a still picture shows it.
_FRESH_STILL = 0.3
_FRESH_MOVING = 0.5
_FINE_GAINS = (0.7, 1.8)
# Powers of the loss of energy by which to amplify. A half makes up for it; the finest detail, of
# which the bands overlap, needs a little more. Where nothing is lost, nothing is amplified.
_STROKE_POWER = 0.5
_FINE_POWER = 0.65

_FINE, _COARSE = (3, 3), (5, 5)  # pixels: the blurs between which strokes lie

Detail = NDArray[np.int16]
"""int16 ``[H, W]``: a band of spatial frequencies of the brightness, in levels of 255."""


def restore_detail(blended: Image, fresh: Image, moving: Mask) -> Image:
    """Give the blend as much local detail as the fresh painting has.

    Brush strokes that differ from frame to frame average out to nothing. Amplified by as much as
    they have lost, they pass slowly into one another instead. What is finer than a stroke cannot be
    amplified as far: blended and amplified over and over, it turns into a weave. Part of it is
    therefore taken from the fresh painting.

    Only light and dark are treated. What color loses in detail stays lost; to restore it would
    cost three times as much.

    Args:
        blended: uint8 ``[H, W, 3]``.
        fresh: of the same shape.
        moving: float32 ``[h, w]``, of any size: 0 where the scene stands still, 1 where it moves.

    Returns:
        A new picture, equal to ``blended`` where that is equal to ``fresh`` for some 200 pixels
        around.
    """
    fine, strokes = _bands(blended)
    fresh_fine, fresh_strokes = _bands(fresh)
    share = _FRESH_STILL + np.float32(_FRESH_MOVING - _FRESH_STILL) * moving
    missing = np.asarray(cv2.subtract(fresh_fine, fine), np.int16)
    mixed = np.asarray(cv2.add(fine, _scale(missing, share)), np.int16)
    new_fine = _scale(mixed, _gain(mixed, fresh_fine, _FINE_POWER, _FINE_GAINS))
    new_strokes = _scale(strokes, _gain(strokes, fresh_strokes, _STROKE_POWER, _STROKE_GAINS))
    change = cv2.subtract(cv2.add(new_fine, new_strokes), cv2.add(fine, strokes))
    return np.asarray(cv2.add(blended, cv2.merge((change,) * 3), dtype=cv2.CV_8U), np.uint8)


def _bands(image: Image) -> tuple[Detail, Detail]:
    """What is finer than a stroke, and the strokes."""
    light = luma(image)
    smooth = cv2.GaussianBlur(light, _FINE, 0)
    fine = cv2.subtract(light, smooth, dtype=cv2.CV_16S)
    strokes = cv2.subtract(smooth, cv2.blur(smooth, _COARSE), dtype=cv2.CV_16S)
    return np.asarray(fine, np.int16), np.asarray(strokes, np.int16)


def _gain(
    detail: Detail, fresh: Detail, power: float, limits: tuple[float, float]
) -> NDArray[np.float32]:
    """By how much to amplify the detail around each cell to match the fresh painting's."""
    lost = (_energy(fresh) + _NOISE) / (_energy(detail) + _NOISE)
    return np.asarray(np.clip(lost ** np.float32(power), *limits), np.float32)


def _scale(detail: Detail, factor: NDArray[np.float32]) -> Detail:
    height, width = detail.shape
    large = cv2.resize(factor, (width, height))
    return np.asarray(cv2.multiply(detail, large, dtype=cv2.CV_16S), np.int16)


def _energy(detail: Detail) -> NDArray[np.float32]:
    """The mean square around each cell: float32 ``[ceil(H/64), ceil(W/64)]``."""
    # Every fourth pixel of every second row will do for a mean.
    energy = np.square(detail[::2, ::4], dtype=np.float32)
    height, width = detail.shape
    cells = -(-width // _CELL), -(-height // _CELL)
    means = cv2.resize(energy, cells, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.blur(means, (3, 3)), np.float32)
