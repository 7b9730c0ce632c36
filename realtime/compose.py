"""Pictures made of the original and the painting."""

from __future__ import annotations

import cv2
import numpy as np

from .frame import Image


def keep_colors(frame_image: Image, stylized: Image) -> Image:
    """The brightness of the painting with the colours of the original.

    Args:
        frame_image: uint8 ``[H, W, 3]``, RGB.
        stylized: the same size.

    Returns:
        uint8 ``[H, W, 3]``, RGB: luma of ``stylized``, chroma of ``frame_image`` (BT.601).
    """
    result = cv2.cvtColor(frame_image, cv2.COLOR_RGB2YCrCb)
    result[..., 0] = cv2.cvtColor(stylized, cv2.COLOR_RGB2GRAY)
    return _as_image(cv2.cvtColor(result, cv2.COLOR_YCrCb2RGB))


def side_by_side(left: Image, right: Image) -> Image:
    """Two pictures of one height next to each other: uint8 ``[H, W_left + W_right, 3]``."""
    return np.hstack((left, right))


def blend(below: Image, above: Image, opacity: float) -> Image:
    """``above`` over ``below``, both uint8 ``[H, W, 3]``, with an opacity of 0..1."""
    return _as_image(cv2.addWeighted(above, opacity, below, 1 - opacity, 0))


def _as_image(array: cv2.typing.MatLike) -> Image:
    return np.ascontiguousarray(array, np.uint8)
