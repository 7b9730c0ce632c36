"""How steady a painted video is, and what that steadiness has cost.

No figure stands alone: a frozen or a blurred picture is perfectly steady. So warping error is
reported beside sharpness, distance to what was painted, and ghosts.

Flow and masks come from the *input* frames, never from the paintings. All errors are mean squares
over pixels and channels, in units of full scale (0..1).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean

import cv2
import numpy as np
from numpy.typing import NDArray

from .cuts import CutDetector
from .flow import FLOWS, enlarge, luma, motion_boundary, occlusion, reduce_to, warp
from .frame import Image
from .interfaces import Flow, FlowEstimator

LONG_RANGE = 8
"""Frames between the two of the long-range warping error."""

_FLOW_PIXELS = 640 * 360
_FULL_SCALE = 255.0**2

Mask = NDArray[np.bool_]
"""bool ``[H, W]``."""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What an input frame has in common with an earlier one.

    Attributes:
        flow: float32 ``[H, W, 2]``: the point at ``p`` was at ``p + flow[p]``.
        visible: the points that both show, at motion boundaries excepted.
        occluded: the points that the earlier one does not show.
    """

    flow: Flow
    visible: Mask
    occluded: Mask


def find_correspondence(
    earlier: Image, current: Image, flow: FlowEstimator | None = None
) -> Correspondence:
    """Estimate the motion between two input frames, more carefully than a live run can.

    Args:
        earlier: uint8 ``[H, W, 3]``, RGB.
        current: the same shape.
        flow: the estimator; None takes a precise one.
    """
    estimate = FLOWS["precise"]() if flow is None else flow
    # Flow between noisy pictures follows the noise; a slight blur takes most of it away.
    first, second = (
        np.asarray(cv2.GaussianBlur(reduce_to(image, _FLOW_PIXELS), (0, 0), 1), np.uint8)
        for image in (earlier, current)
    )
    back = estimate(second, first)
    occluded = occlusion(back, estimate(first, second))
    visible = ~occluded & ~motion_boundary(back)
    height, width = current.shape[:2]
    return Correspondence(
        enlarge(back, height, width),
        _enlarge_mask(visible, height, width),
        _enlarge_mask(occluded, height, width),
    )


def no_motion(height: int, width: int) -> Correspondence:
    """The correspondence of a scene that is known to stand still."""
    visible = np.ones((height, width), np.bool_)
    return Correspondence(np.zeros((height, width, 2), np.float32), visible, ~visible)


def warping_error(earlier: Image, current: Image, motion: Correspondence) -> float:
    """E_warp of Lai et al. 2018: how much a point changes between two pictures.

    Returns:
        The mean square over the visible points; NaN where there is none.
    """
    return _masked_error(current, warp(earlier, motion.flow), motion.visible)[0]


def sharpness(image: Image) -> float:
    """Variance of the Laplacian of the brightness, in squared levels of 255."""
    deviation = cv2.meanStdDev(cv2.Laplacian(luma(image), cv2.CV_16S))[1]
    return float(deviation[0, 0]) ** 2


def psnr(image: Image, reference: Image) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    error = cv2.norm(image, reference, cv2.NORM_L2SQR) / image.size
    return math.inf if error == 0 else 10 * math.log10(_FULL_SCALE / error)


@dataclass(slots=True)
class _Track:
    """What is collected of one video."""

    warping: list[float] = field(default_factory=list)
    long_range: list[float] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)
    fidelity: list[float] = field(default_factory=list)
    colors: list[NDArray[np.float64]] = field(default_factory=list)
    ghost_error: float = 0.0
    ghost_pixels: int = 0


@dataclass(frozen=True, slots=True)
class TemporalScores:
    """The figures of one video.

    Attributes:
        warping_error: mean over all pairs of neighbouring frames.
        long_range_error: the same for frames ``LONG_RANGE`` apart.
        sharpness: mean variance of the Laplacian, in squared levels of 255.
        ghosting: over the points just uncovered, the mean square between this video and the
            reference's next frame: what is newly seen should look as it will go on looking. For
            the reference itself, this is what its own flicker contributes.
        fidelity_psnr: of the mean square distance to the reference, in dB.
        drift: how far the mean colour has moved away from the reference's between the first and
            the last tenth of the video, in levels of 255; the largest of the three channels.

    None where there was nothing to measure: no reference, no occlusion, too few frames.
    """

    warping_error: float | None
    long_range_error: float | None
    sharpness: float
    ghosting: float | None
    fidelity_psnr: float | None
    drift: float | None


class TemporalMeter:
    """Collects the figures of several videos of one input, frame by frame.

    Args:
        reference: the name of the video that the others are measured against: what the network
            painted, frame by frame; None if there is none.
        still: the scene is known to stand still, so that noise cannot be taken for motion.
        flow: estimates the motion of the input.
    """

    def __init__(
        self,
        reference: str | None = None,
        *,
        still: bool = False,
        flow: FlowEstimator | None = None,
    ) -> None:
        self.reference = reference
        self.frames = 0
        self._still = still
        self._flow = FLOWS["precise"]() if flow is None else flow
        self._is_cut = CutDetector()
        self._past: deque[tuple[Image, dict[str, Image]]] = deque(maxlen=LONG_RANGE)
        self._uncovered: NDArray[np.uint8] | None = None
        self._tracks: dict[str, _Track] = {}

    def add(self, frame: Image, videos: Mapping[str, Image]) -> Correspondence | None:
        """Take the next frame.

        Args:
            frame: of the input, uint8 ``[H, W, 3]``, RGB.
            videos: the same moment of each video, by name; the same names and shape every time.

        Returns:
            How the input moved; None where there is no frame before, or another scene.

        Raises:
            ValueError: the shapes differ.
        """
        for name, image in videos.items():
            if image.shape != frame.shape:
                raise ValueError(
                    f"the frame of {name} has the shape {image.shape}, not {frame.shape}"
                )
        if self._is_cut(frame):
            self._past.clear()
            self._uncovered = None
        motion = None
        if self._past:
            motion = self._correspond(self._past[-1][0], frame)
            self._add_pair(videos, motion)
        if len(self._past) == LONG_RANGE:
            self._add_long_range(frame, videos)
        for name, image in videos.items():
            self._add_single(name, image, videos)
        self._past.append((frame, dict(videos)))
        self.frames += 1
        return motion

    def scores(self) -> dict[str, TemporalScores]:
        """The figures so far, by name of the video."""
        return {name: self._score(name, track) for name, track in self._tracks.items()}

    def series(self) -> dict[str, dict[str, list[float]]]:
        """By name of the video and of the figure: one value for each frame.

        The ``warping_error`` of a frame without a frame before it is NaN.
        """
        return {
            name: {"warping_error": track.warping, "sharpness": track.sharpness}
            for name, track in self._tracks.items()
        }

    def _track(self, name: str) -> _Track:
        return self._tracks.setdefault(name, _Track())

    def _correspond(self, earlier: Image, current: Image) -> Correspondence:
        if self._still:
            return no_motion(*current.shape[:2])
        return find_correspondence(earlier, current, self._flow)

    def _add_pair(self, videos: Mapping[str, Image], motion: Correspondence) -> None:
        earlier = self._past[-1][1]
        seen = None
        if self._uncovered is not None and self.reference is not None:
            seen = (warp(self._uncovered, motion.flow) > 200) & motion.visible
        for name, image in videos.items():
            fetched = warp(earlier[name], motion.flow)
            self._track(name).warping.append(_masked_error(image, fetched, motion.visible)[0])
            if seen is not None and self.reference is not None:
                error, pixels = _masked_error(videos[self.reference], fetched, seen)
                if pixels:
                    self._track(name).ghost_error += error * pixels
                    self._track(name).ghost_pixels += pixels
        self._uncovered = motion.occluded.astype(np.uint8) * np.uint8(255)

    def _add_long_range(self, frame: Image, videos: Mapping[str, Image]) -> None:
        first, earlier = self._past[0]
        motion = self._correspond(first, frame)
        for name, image in videos.items():
            self._track(name).long_range.append(warping_error(earlier[name], image, motion))

    def _add_single(self, name: str, image: Image, videos: Mapping[str, Image]) -> None:
        track = self._track(name)
        if not self._past:
            track.warping.append(math.nan)
        track.sharpness.append(sharpness(image))
        color = np.array(cv2.mean(image)[:3])
        if self.reference is not None:
            reference = videos[self.reference]
            if self._past:  # a first frame is the reference's own
                track.fidelity.append(cv2.norm(image, reference, cv2.NORM_L2SQR) / image.size)
            color -= cv2.mean(reference)[:3]
        track.colors.append(color)

    def _score(self, name: str, track: _Track) -> TemporalScores:
        compared = self.reference is not None and name != self.reference
        error = _mean(track.fidelity) if compared else None
        return TemporalScores(
            warping_error=_mean(track.warping),
            long_range_error=_mean(track.long_range),
            sharpness=fmean(track.sharpness),
            ghosting=track.ghost_error / track.ghost_pixels if track.ghost_pixels else None,
            fidelity_psnr=10 * math.log10(_FULL_SCALE / error) if error else None,
            drift=_drift(track.colors),
        )


def _masked_error(a: Image, b: Image, mask: Mask) -> tuple[float, int]:
    """The mean square difference where the mask is true, and how many pixels those are."""
    pixels = int(np.count_nonzero(mask))
    if pixels == 0:
        return math.nan, 0
    total = cv2.norm(a, b, cv2.NORM_L2SQR, mask.astype(np.uint8))
    return total / (pixels * a.shape[2]) / _FULL_SCALE, pixels


def _enlarge_mask(mask: Mask, height: int, width: int) -> Mask:
    small = mask.astype(np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.bool_)


def _mean(values: list[float]) -> float | None:
    known = [value for value in values if not math.isnan(value)]
    return fmean(known) if known else None


def _drift(colors: list[NDArray[np.float64]]) -> float | None:
    tenth = len(colors) // 10
    if tenth == 0:
        return None
    change = np.mean(colors[-tenth:], axis=0) - np.mean(colors[:tenth], axis=0)
    return float(np.abs(change).max())
