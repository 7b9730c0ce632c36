"""Paints at half of the size: reduces frames, and enlarges their paintings with the frame's edges.

A painting is enlarged smoothly; what the frame has of finer detail is added as strongly as the
painting follows the frame's brightness there. How strongly, the slope of a local linear model of
the one by the other tells (guided filter, He et al. 2013, equation 5), found at the small size (He
and Sun 2015) and applied to what the reduction has lost. Where strokes do not follow the frame the
slope is near 0, so that no photograph shows through.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import luma
from .frame import Image, check_image

_WINDOW = (5, 5)
# Squared levels of 255: below this variance the frame has no edge to take over.
_FLAT = 16.0
_STEEPEST = 1.5


class Enlarger:
    """A `Scaler`: half of the size to paint at, and back.

    A picture of an odd side is continued by one row or column, which is cut off in the end.
    """

    def reduce(self, image: Image) -> Image:
        """``image`` [H, W, 3] at half of the size: uint8 [ceil(H / 2), ceil(W / 2), 3]."""
        return _half(_even(image))

    def enlarge(self, painted: Image, image: Image) -> Image:
        """The painting of ``reduce(image)`` at the size of ``image``.

        Args:
            painted: uint8 [ceil(H / 2), ceil(W / 2), 3], RGB.
            image: uint8 [H, W, 3], RGB; its edges become those of the painting.

        Returns:
            uint8 [H, W, 3], a new array.

        Raises:
            TypeError: ``painted`` is no uint8 array.
            ValueError: the sizes do not fit.
        """
        check_image(painted, "painted")
        height, width = image.shape[:2]
        if painted.shape[:2] != ((height + 1) // 2, (width + 1) // 2):
            raise ValueError(
                f"the painting's shape {painted.shape} is not half of the frame's {image.shape}"
            )
        light = _even(luma(image))
        small = _half(light)
        size = light.shape[1], light.shape[0]
        # In the same way as the painting: what one lacks is then what the other lacks.
        coarse = cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)
        detail = cv2.subtract(light, coarse, dtype=cv2.CV_16S)
        slope = cv2.resize(_slope(small, luma(painted)), size)
        detail = cv2.multiply(detail, slope, dtype=cv2.CV_16S)
        smooth = cv2.resize(painted, size, interpolation=cv2.INTER_CUBIC)
        enlarged = cv2.add(smooth, cv2.merge([detail] * 3), dtype=cv2.CV_8U)
        return np.ascontiguousarray(enlarged[:height, :width], np.uint8)


def _slope(frame: NDArray[np.uint8], painted: NDArray[np.uint8]) -> NDArray[np.float32]:
    """By how much brightness changes in ``painted`` where that of ``frame`` changes by 1.

    Both uint8 [h, w]; float32 [h, w], the covariance in a window over the variance.
    """
    x, y = frame.astype(np.float32), painted.astype(np.float32)
    mean_x, mean_y = cv2.blur(x, _WINDOW), cv2.blur(y, _WINDOW)
    covariance = cv2.blur(cv2.multiply(x, y), _WINDOW) - cv2.multiply(mean_x, mean_y)
    variance = cv2.blur(cv2.multiply(x, x), _WINDOW) - cv2.multiply(mean_x, mean_x)
    slope = np.clip(covariance / (variance + _FLAT), -_STEEPEST, _STEEPEST)
    return np.asarray(cv2.blur(slope, (3, 3)), np.float32)


def _half(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``image`` [H, W] or [H, W, 3], of even sides, at half of the size."""
    size = image.shape[1] // 2, image.shape[0] // 2
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``image`` [H, W] or [H, W, 3], continued to even sides."""
    height, width = image.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return image
    continued = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return np.asarray(continued, np.uint8)
