"""Other ways to paint at less than full strength, to compare the identity style with."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.frame import Image

LEVELS = 4
Blend = Callable[[Image, Image, float], Image]


def plain_blend(photograph: Image, painting: Image, strength: float) -> Image:
    """Both pictures laid over each other (uint8 [H, W, 3]), ``strength`` in 0..1 of the second."""
    return np.asarray(cv2.addWeighted(painting, strength, photograph, 1 - strength, 0), np.uint8)


def band_blend(photograph: Image, painting: Image, strength: float) -> Image:
    """As `plain_blend` for what is large; of the detail, at every point the stronger one.

    Laplacian pyramids joined by selection (Burt and Kolczynski 1993, section 3), so that no edge
    shows twice.
    """
    first, second = (_pyramid(image) for image in (photograph, painting))
    joined = (1 - strength) * first[-1] + strength * second[-1]
    for theirs, ours in zip(first[-2::-1], second[-2::-1], strict=True):
        stronger = _energy(ours) * strength > _energy(theirs) * (1 - strength)
        detail = np.where(stronger[..., None], ours, theirs)
        joined = cv2.pyrUp(joined, dstsize=detail.shape[1::-1]) + detail
    return np.clip(np.rint(joined), 0, 255).astype(np.uint8)


def _pyramid(image: Image) -> list[NDArray[np.float32]]:
    """Details from fine to coarse, and what is left."""
    bands = []
    current = image.astype(np.float32)
    for _ in range(LEVELS):
        smaller = cv2.pyrDown(current)
        bands.append(current - cv2.pyrUp(smaller, dstsize=current.shape[1::-1]))
        current = np.asarray(smaller, np.float32)
    return [*bands, current]


def _energy(detail: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(np.square(detail).sum(2), (5, 5)), np.float32)


BLENDS: dict[str, Blend] = {"plain_blend": plain_blend, "band_blend": band_blend}
