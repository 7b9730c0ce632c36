"""Keeps a painted video from flickering: what was painted moves along with the scene.

Every frame is painted by itself; the stabilizer fetches its own last picture along the motion of
the *input* and blends it in, where the input shows the same point in the same light. What is newly
seen stays freshly painted.
"""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np

from .cuts import CutDetector
from .detail import restore_detail
from .errors import OptionError
from .flow import Mask, grid, reduce_to, warp_by_small
from .frame import Frame, Image, check_image
from .interfaces import Flow, FlowEstimator
from .motion import FLOW_PIXELS, Motion, MotionEstimator

DEFAULT_STRENGTH = 0.95

# Weight of the past at strength 1. At 1 a picture would never be painted again.
_LONGEST_MEMORY = 0.98
# A reset that comes too often is less harmful than one that does not come.
_LEAST_TRUST = 0.25
_SEEK = Fraction(1, 2)  # seconds
_SEEK_FRAMES = 4

_NEIGHBOURS = np.ones((7, 7), np.uint8)
_TURNS = 4  # frames: how often the blend takes a step towards the fresh painting


class TemporalStabilizer:
    """Call it with every frame and its painting, in order.

    It looks back only, so it adds no delay. It starts afresh by itself at a scene cut, a seek and a
    change of size; after a change of style, call ``reset``.
    """

    def __init__(
        self, strength: float = DEFAULT_STRENGTH, flow: FlowEstimator | None = None
    ) -> None:
        """Start without a past.

        Args:
            strength: see the property.
            flow: estimates optical flow at the reduced size; None takes dense inverse search.

        Raises:
            OptionError: the strength does not lie in 0..1.
        """
        self.strength = strength
        self._estimate = MotionEstimator(flow)
        self._is_cut = CutDetector()
        self._output: Image | None = None
        self._grid: Flow = grid(1, 1)
        self._last_time = Fraction(0)
        self._last_step = Fraction(0)
        self._turn = 0

    @property
    def strength(self) -> float:
        """How much of the past is kept: 0 leaves every frame as it was painted, 1 is stillest.

        Raises:
            OptionError: set outside 0..1.
        """
        return self._strength

    @strength.setter
    def strength(self, value: float) -> None:
        if not 0 <= value <= 1:
            raise OptionError(f"temporal strength must lie between 0 and 1, not {value}")
        self._strength = float(value)

    def reset(self) -> None:
        """Forget the past: the next picture stays as it was painted."""
        self._output = None
        self._estimate.reset()
        self._is_cut.reset()
        self._last_step = Fraction(0)
        self._turn = 0

    def __call__(self, frame: Frame, stylized: Image) -> Image:
        """Steady one painting.

        Args:
            frame: the input.
            stylized: its painting, uint8 ``[H, W, 3]`` of the same shape.

        Returns:
            uint8 ``[H, W, 3]``; ``stylized`` itself where there is nothing to blend in.

        Raises:
            TypeError: ``stylized`` is no uint8 array.
            ValueError: the shapes differ.
        """
        check_image(stylized, "stylized")
        if stylized.shape != frame.image.shape:
            raise ValueError(
                f"the painting's shape {stylized.shape} differs from the frame's"
                f" {frame.image.shape}"
            )
        if self._strength == 0:
            self.reset()
            return stylized
        small = reduce_to(frame.image, FLOW_PIXELS)
        if self._starts_afresh(frame, small):
            self.reset()
            self._is_cut(small)  # becomes the picture to compare the next one with
        motion = self._estimate(small)
        past = self._output
        if past is None or motion is None:
            self._grid = grid(*stylized.shape[:2])
            self._output = stylized.copy()
            return stylized
        if float(motion.trust.mean()) < _LEAST_TRUST:
            self._output = stylized.copy()
            return stylized
        self._output = self._blend(past, stylized, motion)
        return self._output.copy()

    def _starts_afresh(self, frame: Frame, small: Image) -> bool:
        step = frame.pts - self._last_time
        usual, self._last_step = self._last_step, step
        self._last_time = frame.pts
        if self._output is None:
            self._last_step = Fraction(0)
            return True
        if self._output.shape != frame.image.shape or step <= 0:
            return True
        if usual > 0 and step > max(_SEEK, _SEEK_FRAMES * usual):
            return True
        return self._is_cut(small)

    def _blend(self, past: Image, fresh: Image, motion: Motion) -> Image:
        fetched = warp_by_small(past, motion.flow, self._grid)
        # Whatever is not near anything that was painted here now is a ghost.
        low, high = cv2.erode(fresh, _NEIGHBOURS), cv2.dilate(fresh, _NEIGHBOURS)
        fetched = np.asarray(cv2.min(cv2.max(fetched, low), high), np.uint8)
        blended = _mix(fetched, fresh, motion.trust * np.float32(_LONGEST_MEMORY * self._strength))
        self._turn = (self._turn + 1) % _TURNS
        if self._turn == 0:
            blended = _step_towards(blended, fresh)
        return restore_detail(blended, fresh, motion.moving)


def _mix(a: Image, b: Image, weight: Mask) -> Image:
    """``weight`` (of any size) parts of ``a`` and ``1 - weight`` parts of ``b``."""
    height, width = a.shape[:2]
    weight = np.asarray(cv2.resize(weight, (width, height)), np.float32)
    return np.asarray(cv2.blendLinear(a, b, weight, 1 - weight), np.uint8)


def _step_towards(image: Image, target: Image) -> Image:
    """One level nearer to the target, everywhere.

    Rounding leaves a blend standing a few levels before its target for ever.
    """
    up, down = (
        cv2.threshold(difference, 0, 1, cv2.THRESH_BINARY)[1]
        for difference in (cv2.subtract(target, image), cv2.subtract(image, target))
    )
    return np.asarray(cv2.subtract(cv2.add(image, up), down), np.uint8)
