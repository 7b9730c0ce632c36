"""Optical flow between two pictures, and what can be said with it: warps and occlusions.

Two directions are easily mixed up. To *warp* is to fetch: the picture before is brought to where
its points are now with the flow **from the current picture to the one before**, because every
pixel of the result asks where it comes from.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from .frame import Image
from .interfaces import Flow, FlowEstimator

Pixels = TypeVar("Pixels", bound=NDArray[np.generic])

Mask = NDArray[np.float32]
"""float32 ``[H, W]``, 0..1."""

SMALLEST_SIDE = 16
"""Below this many pixels there is no room for the patches that dense inverse search compares."""

# The test of Ruder et al. 2016 for points that the other picture does not show; squared pixels.
_RELATIVE = 0.01
_ABSOLUTE = 0.5
# A target that far outside still lies on the outermost pixel; without it, the noise of a
# motionless scene would rule out the whole border.
_OUTSIDE = 0.5


class DisFlow:
    """Dense inverse search (Kroeger et al. 2016), as OpenCV has it.

    Args:
        finest_scale: level of the pyramid at which the search ends: 0 is the full size.
        patch_stride: pixels from one patch to the next; fewer is finer and slower.
        refine: smooth the flow by variational refinement, which costs about four times as much.
    """

    def __init__(
        self, *, finest_scale: int = 0, patch_stride: int = 6, refine: bool = False
    ) -> None:
        preset = (
            cv2.DISOPTICAL_FLOW_PRESET_MEDIUM if refine else cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST
        )
        self._search = cv2.DISOpticalFlow.create(preset)
        self._search.setFinestScale(finest_scale)
        self._search.setPatchStride(patch_stride)

    def __call__(self, previous: Image, current: Image) -> Flow:
        """How the points of ``previous`` move.

        Args:
            previous: uint8 ``[H, W, 3]``, RGB.
            current: the same shape.

        Returns:
            float32 ``[H, W, 2]``: the point at ``p`` of ``previous`` is found at ``p + flow[p]``
            of ``current``. Finite; zero for pictures with a side below ``SMALLEST_SIDE``.
        """
        height, width = previous.shape[:2]
        if min(height, width) < SMALLEST_SIDE:
            return np.zeros((height, width, 2), np.float32)
        start = np.zeros((height, width, 2), np.float32)
        found = self._search.calc(luma(previous), luma(current), start)
        flow: Flow = np.asarray(found, np.float32)
        cv2.patchNaNs(flow, 0.0)
        return flow


FLOWS: dict[str, Callable[[], FlowEstimator]] = {
    "fast": lambda: DisFlow(patch_stride=6),  # patches of 8x8 pixels
    "precise": lambda: DisFlow(finest_scale=1, patch_stride=3, refine=True),
}
"""The estimators by name. A new one is a callable ``(previous, current) -> flow`` and a line."""


def luma(image: Image) -> NDArray[np.uint8]:
    """The brightness of a picture: uint8 ``[H, W]``."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def reduce_to(image: Image, pixels: int) -> Image:
    """The picture with at most ``pixels`` pixels, each side at least 1; never enlarged."""
    height, width = image.shape[:2]
    scale = min(1.0, (pixels / (height * width)) ** 0.5)
    if scale == 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def grid(height: int, width: int) -> Flow:
    """The coordinates (x, y) of every pixel: float32 ``[H, W, 2]``."""
    axes = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    return np.ascontiguousarray(np.dstack(np.meshgrid(*axes)))


def enlarge(flow: Flow, height: int, width: int) -> Flow:
    """The flow of a larger picture, in its pixels: float32 ``[height, width, 2]``."""
    old_height, old_width = flow.shape[:2]
    if (old_height, old_width) == (height, width):
        return flow
    scale = np.array((width / old_width, height / old_height), np.float32)
    # Scaled while small: each axis by its own ratio, which rounding makes differ.
    return np.asarray(
        cv2.resize(flow * scale, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )


def warp(pixels: Pixels, flow: Flow, coordinates: Flow | None = None) -> Pixels:
    """Fetch every pixel from where the flow points: ``result[p] = pixels[p + flow[p]]``.

    Args:
        pixels: ``[H, W]`` or ``[H, W, C]`` with C from 2 to 4, uint8, int16 or float32.
        flow: float32 ``[H, W, 2]``.
        coordinates: what ``grid`` returns for this size, if at hand.

    Returns:
        The same shape and type, interpolated linearly; the border is repeated outwards.
    """
    if coordinates is None:
        coordinates = grid(*flow.shape[:2])
    # Fixed-point coordinates (1/32 pixel) take a third of the time that floats do.
    whole, part = cv2.convertMaps(cv2.add(flow, coordinates), None, cv2.CV_16SC2)  # type: ignore[call-overload]
    return cv2.remap(  # type: ignore[return-value]
        pixels,  # type: ignore[arg-type]
        whole,
        part,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def warp_by_small(pixels: Pixels, flow: Flow, coordinates: Flow | None = None) -> Pixels:
    """Warp by the flow of a smaller picture, within the rectangle that holds all motion.

    Args:
        pixels: as for ``warp``.
        flow: float32 ``[h, w, 2]``, in its own pixels.
        coordinates: what ``grid`` returns for the size of ``pixels``, if at hand.

    Returns:
        A new array, as ``warp`` by the enlarged flow returns it.
    """
    height, width = pixels.shape[:2]
    result = pixels.copy()
    moves = (flow[..., 0] != 0) | (flow[..., 1] != 0)
    left, top, across, down = cv2.boundingRect(moves.astype(np.uint8))
    if across == 0:
        return result
    if coordinates is None:
        coordinates = grid(height, width)
    rows = _stretch(top, down, height / flow.shape[0])
    columns = _stretch(left, across, width / flow.shape[1])
    large = enlarge(flow, height, width)
    result[rows, columns] = warp(pixels, large[rows, columns], coordinates[rows, columns])
    return result


def _stretch(start: int, length: int, scale: float) -> slice:
    # Enlarging spreads a point over half of each neighbour; the rest makes up for rounding.
    return slice(max(0, int((start - 1) * scale)), math.ceil((start + length + 1) * scale))


def leaves(flow: Flow, coordinates: Flow | None = None) -> NDArray[np.bool_]:
    """Which points come from outside of the picture: bool ``[H, W]``."""
    height, width = flow.shape[:2]
    if coordinates is None:
        coordinates = grid(height, width)
    target = cv2.add(flow, coordinates)
    low = (-_OUTSIDE, -_OUTSIDE)
    high = (width - 1 + _OUTSIDE, height - 1 + _OUTSIDE)
    inside = cv2.inRange(target, np.array(low), np.array(high))
    return np.asarray(inside == 0)


def occlusion(flow: Flow, opposite: Flow) -> NDArray[np.bool_]:
    """Which points of this picture the other one does not show (Ruder et al. 2016).

    Going there and back must lead to the start; the tolerance is in squared pixels of this size.

    Args:
        flow: from this picture to the other one, float32 ``[H, W, 2]``.
        opposite: from the other one to this one.

    Returns:
        bool ``[H, W]``: hidden behind something else, or outside.
    """
    coordinates = grid(*flow.shape[:2])
    back = warp(opposite, flow, coordinates)
    allowed = _RELATIVE * (_squared_length(flow) + _squared_length(back)) + _ABSOLUTE
    hidden = _squared_length(flow + back) > allowed
    return np.asarray(hidden | leaves(flow, coordinates))


def motion_boundary(flow: Flow) -> NDArray[np.bool_]:
    """Where the flow changes abruptly (Ruder et al. 2016), and is not to be relied on.

    Args:
        flow: float32 ``[H, W, 2]``.

    Returns:
        bool ``[H, W]``.
    """
    change = np.zeros(flow.shape[:2], np.float32)
    for axis in ((1, 0), (0, 1)):
        # Half of the difference between the two neighbours.
        slope = cv2.Sobel(flow, cv2.CV_32F, *axis, ksize=1, scale=0.5)
        change += _squared_length(np.asarray(slope, np.float32))
    return np.asarray(change > _RELATIVE * _squared_length(flow) + 0.002)


def _squared_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    x, y = cv2.split(vectors)
    return np.asarray(cv2.add(cv2.multiply(x, x), cv2.multiply(y, y)), np.float32)
