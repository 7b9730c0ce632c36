"""Where every point of a frame was one frame before, and how far that can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import FLOWS, Mask, grid, leaves, luma, warp
from .frame import Image
from .interfaces import Flow, FlowEstimator

FLOW_PIXELS = 256 * 144
"""Flow is estimated on pictures of this many pixels at most."""

# Levels of 255 by which a point and its origin may differ in the input. Beyond, whatever was
# painted there is about something else: an occlusion that the flow missed, or a change of light.
_LIGHT_TOLERANCE = 8.5
_PHOTOMETRIC = np.exp(-((np.arange(256) / _LIGHT_TOLERANCE) ** 2)).astype(np.float32)

# A window large enough that the statistics of its noise are reliable.
_WINDOW = (15, 15)
_MEMORY = 0.9  # of the running mean that shows whether anything has moved over the last frames
_NOISE_FLOOR = 0.3  # squared levels: what an encoder leaves of a still picture
_STILL_RATIO = 1.5
_MOVING_RATIO = 2.5
_FLOW_SMOOTHING = (9, 9)
# Less motion than this is noise; without it, the rectangle around what moves would never shrink.
_FAINT = 0.05


@dataclass(frozen=True, slots=True)
class Motion:
    """How a frame relates to the one before it, at the reduced size.

    Attributes:
        flow: float32 ``[h, w, 2]``: the point at ``p`` was at ``p + flow[p]``.
        trust: float32 ``[h, w]``: 1 where the frame before shows the same point in the same
            light, 0 where it does not.
        moving: float32 ``[h, w]``: 0 where the scene stands still, 1 where it moves.
    """

    flow: Flow
    trust: Mask
    moving: Mask


class MotionEstimator:
    """Follows a sequence of frames.

    Flow in one direction is enough: to check it against the opposite one excludes only points that
    look alike in both frames, and costs as much again (figures: README.md in this folder).

    Args:
        flow: estimates the flow; None takes dense inverse search.
    """

    def __init__(self, flow: FlowEstimator | None = None) -> None:
        self._flow: FlowEstimator = FLOWS["fast"]() if flow is None else flow
        self._grid = grid(1, 1)
        self._previous: Image | None = None
        self._mean = np.zeros((1, 1), np.float32)

    def reset(self) -> None:
        """Forget the frames seen so far."""
        self._previous = None

    def __call__(self, small: Image) -> Motion | None:
        """Take the next frame.

        Args:
            small: uint8 ``[h, w, 3]``, RGB, reduced to ``FLOW_PIXELS``, of the same size as the
                frames before it.

        Returns:
            How it moved; None for the first one.
        """
        previous, self._previous = self._previous, small
        if previous is None:
            self._mean = luma(small).astype(np.float32)
            self._grid = grid(*small.shape[:2])
            return None
        flow = self._flow(small, previous)
        moving = self._moving(luma(small), luma(previous), flow)
        flow = cv2.blur(flow, _FLOW_SMOOTHING) * moving[..., None]
        trust = self._trust(small, previous, flow)
        return Motion(flow, trust, moving)

    def _moving(self, now: NDArray[np.uint8], before: NDArray[np.uint8], flow: Flow) -> Mask:
        """Tell motion from noise, which flow follows just as well.

        Over a still scene, frames differ from their running mean by the variance of the noise, and
        from each other by twice that. A slow motion adds up against the mean; a fast one shows in
        how much better the flow explains the frame than standing still does.
        """
        current = now.astype(np.float32)
        last = before.astype(np.float32)
        to_last = _local_energy(current, last)
        to_mean = _local_energy(current, self._mean)
        to_warped = _local_energy(current, warp(last, flow, self._grid))
        cv2.accumulateWeighted(current, self._mean, 1 - _MEMORY)
        slow = (to_mean + _NOISE_FLOOR) / (to_last / 2 + _NOISE_FLOOR)
        fast = (to_last + _NOISE_FLOOR) / (to_warped + _NOISE_FLOOR)
        evidence = np.maximum(slow * (2 / _STILL_RATIO), fast * (2 / _MOVING_RATIO)) - 2
        np.clip(evidence, 0, 1, out=evidence)
        moving = np.asarray(cv2.blur(evidence, (9, 9)), np.float32)
        moving[moving < _FAINT] = 0
        return moving

    def _trust(self, small: Image, previous: Image, flow: Flow) -> Mask:
        difference = cv2.subtract(small, warp(previous, flow, self._grid), dtype=cv2.CV_16S)
        # Averaged with its sign, noise cancels out and a real difference stays.
        difference = cv2.convertScaleAbs(cv2.blur(difference, (3, 3)))
        red, green, blue = cv2.split(difference)
        largest = cv2.max(cv2.max(red, green), blue)
        trust = np.asarray(cv2.LUT(largest, _PHOTOMETRIC), np.float32)
        trust[leaves(flow, self._grid)] = 0
        return trust


def _local_energy(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    difference = cv2.subtract(a, b)
    return np.asarray(cv2.blur(cv2.multiply(difference, difference), _WINDOW), np.float32)
