"""Notices scene cuts."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .frame import Image

_THUMBNAIL = (64, 36)
# The mean change of hue, saturation and value, of 255, from which PySceneDetect calls it a cut.
_THRESHOLD = 27.0


class CutDetector:
    """Compares each frame with the one before it, on thumbnails."""

    def __init__(self) -> None:
        self._previous: NDArray[np.float32] | None = None

    def reset(self) -> None:
        """Forget the frame before."""
        self._previous = None

    def __call__(self, image: Image) -> bool:
        """Take the next frame.

        Args:
            image: uint8 ``[H, W, 3]``, RGB, any size.

        Returns:
            Whether a new scene begins with it; false for the first one.
        """
        thumbnail = cv2.resize(image, _THUMBNAIL, interpolation=cv2.INTER_AREA)
        current = np.asarray(cv2.cvtColor(thumbnail, cv2.COLOR_RGB2HSV_FULL), np.float32)
        previous, self._previous = self._previous, current
        return previous is not None and _change(previous, current) > _THRESHOLD


def _change(previous: NDArray[np.float32], current: NDArray[np.float32]) -> float:
    """Mean change of hue, saturation and value: 0..255."""
    change = np.abs(current - previous)
    hue = np.minimum(change[..., 0], 256 - change[..., 0])  # goes round in a circle
    # The hue of what is nearly grey or black is noise.
    color = np.minimum(current[..., 1] * current[..., 2], previous[..., 1] * previous[..., 2])
    hue *= color / 255**2
    return float((hue + change[..., 1] + change[..., 2]).mean() / 3)
