"""A moving test picture whose optical flow is known exactly.

A textured background drifts, and textured ellipses move and turn over it. Every layer moves as a
rigid body, so where each of its points was one frame earlier follows from its two poses alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from types import TracebackType
from typing import Self, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import OptionError
from ..frame import Frame, Image, StreamInfo
from ..interfaces import Flow
from ..sizes import check_limits

Points: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]
"""x and y coordinates, each float32 ``[H, W]``, in pixels."""

_TEXTURE_SIDE = 512
_OBJECT_COUNT = 4


@dataclass(frozen=True, slots=True)
class _Pose:
    """Where a layer is: turned by ``angle`` radians, then moved to (x, y) in pixels."""

    x: float
    y: float
    angle: float

    def to_frame(self, local: Points) -> Points:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        u, v = local
        return (
            (u * cos - v * sin + self.x).astype(np.float32, copy=False),
            (u * sin + v * cos + self.y).astype(np.float32, copy=False),
        )

    def to_local(self, points: Points) -> Points:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        x, y = points[0] - self.x, points[1] - self.y
        return (
            (x * cos + y * sin).astype(np.float32, copy=False),
            (y * cos - x * sin).astype(np.float32, copy=False),
        )


@dataclass(frozen=True, slots=True)
class _Layer:
    """A textured body on a smooth path: drift, plus a swing around it.

    Attributes:
        texture: uint8 ``[512, 512, 3]``, RGB, periodic.
        center: (x, y) at rest, in pixels.
        velocity: (x, y) of the drift, in pixels per second.
        swing: (x, y) amplitude, in pixels.
        frequency: (x, y) of the swing, in radians per second.
        phase: of the swing, in radians.
        spin: in radians per second.
        axes: half-axes of the ellipse, in pixels; None for the endless background.
    """

    texture: Image
    center: tuple[float, float]
    velocity: tuple[float, float]
    swing: tuple[float, float]
    frequency: tuple[float, float]
    phase: float
    spin: float
    axes: tuple[float, float] | None

    def pose(self, seconds: float) -> _Pose:
        x, y = (
            self.center[axis]
            + self.velocity[axis] * seconds
            + self.swing[axis] * math.sin(self.frequency[axis] * seconds + self.phase)
            for axis in (0, 1)
        )
        return _Pose(x, y, self.spin * seconds)

    def box(self, pose: _Pose, height: int, width: int) -> tuple[slice, slice]:
        """The rows and columns of the picture that the ellipse touches."""
        assert self.axes is not None
        reach = max(self.axes) + 1
        top, left = max(0, int(pose.y - reach)), max(0, int(pose.x - reach))
        bottom, right = min(height, int(pose.y + reach) + 2), min(width, int(pose.x + reach) + 2)
        return slice(top, bottom), slice(left, right)

    def distance_inside(self, local: Points) -> NDArray[np.float32]:
        """About how many pixels inside the ellipse each point lies; negative outside."""
        assert self.axes is not None
        a, b = self.axes
        inside: NDArray[np.float32] = (1 - np.hypot(local[0] / a, local[1] / b)) * min(a, b)
        return inside

    def colors(self, local: Points) -> Image:
        """The texture at each point: uint8 ``[H, W, 3]``, interpolated."""
        u, v = (np.mod(axis, _TEXTURE_SIDE).astype(np.float32) for axis in local)
        sampled = cv2.remap(self.texture, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return np.asarray(sampled, np.uint8)


class SyntheticSource:
    """A deterministic moving picture; see the module.

    Args:
        width: in pixels.
        height: in pixels; sizes and speeds scale with it.
        rate: frames per second.
        frames: how many; None for an endless stream.
        seed: of everything random; the same seed gives the same pictures.

    Raises:
        OptionError: an impossible size, rate or number of frames.
    """

    WIDTH = 640
    HEIGHT = 360

    def __init__(
        self,
        width: int = WIDTH,
        height: int = HEIGHT,
        rate: Fraction = Fraction(30),
        frames: int | None = None,
        seed: int = 0,
    ) -> None:
        check_limits(width, height)
        if rate <= 0:
            raise OptionError(f"the rate must be positive, not {rate}")
        if frames is not None and frames < 1:
            raise OptionError(f"the number of frames must be positive, not {frames}")
        self.warnings: list[str] = []
        self.damaged = False
        self.info = StreamInfo(
            width=width,
            height=height,
            rate=rate,
            frame_count=frames,
            duration=None if frames is None else frames / rate,
            time_base=1 / rate,
        )
        self._rate = rate
        self._open = True
        rng = np.random.default_rng(seed)
        self._layers = [_background(rng, height)]
        self._layers += [_object(rng, width, height) for _ in range(_OBJECT_COUNT)]
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        self._grid: Points = (x, y)

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in order."""
        frames = self.info.frame_count
        for index in count() if frames is None else range(frames):
            if not self._open:
                return
            yield Frame(self.render(index), index / self._rate, index, 1 / self._rate)

    def render(self, index: int) -> Image:
        """The picture of frame ``index``: uint8 ``[H, W, 3]``, RGB."""
        background, *objects = self._layers
        image = background.colors(self._local(background, index))
        for layer in objects:
            pose = layer.pose(self._seconds(index))
            box = layer.box(pose, *image.shape[:2])
            local = pose.to_local((self._grid[0][box], self._grid[1][box]))
            # The edge fades over one pixel, as a camera's pixels would average it.
            alpha = np.clip(layer.distance_inside(local) + 0.5, 0, 1)[..., None]
            below = image[box].astype(np.float32)
            image[box] = np.rint(below + (layer.colors(local) - below) * alpha)
        return image

    def flow(self, index: int) -> Flow:
        """The exact motion from frame ``index`` back to the frame before it.

        Returns:
            float32 ``[H, W, 2]``: the point at ``p`` of frame ``index`` was at ``p + flow[p]`` in
            frame ``index - 1``.

        Raises:
            ValueError: there is no frame before it.
        """
        was = self._previous_points(index, self._owner(self._grid, index))
        return np.stack((was[0] - self._grid[0], was[1] - self._grid[1]), axis=-1)

    def occlusion(self, index: int) -> NDArray[np.bool_]:
        """Which points of frame ``index`` could not be seen in the frame before it.

        Returns:
            bool ``[H, W]``: true where a point was hidden behind another layer, or outside.

        Raises:
            ValueError: there is no frame before it.
        """
        owner = self._owner(self._grid, index)
        x, y = was = self._previous_points(index, owner)
        outside = (x < 0) | (y < 0) | (x > self.info.width - 1) | (y > self.info.height - 1)
        hidden: NDArray[np.bool_] = self._owner(was, index - 1) != owner
        return outside | hidden

    def _previous_points(self, index: int, owner: NDArray[np.intp]) -> Points:
        """Where the point at each pixel of frame ``index`` was in the frame before it."""
        if index < 1:
            raise ValueError(f"frame {index} has no frame before it")
        was_x, was_y = self._grid[0].copy(), self._grid[1].copy()
        for number, layer in enumerate(self._layers):
            mask = owner == number
            then = layer.pose(self._seconds(index - 1)).to_frame(self._local(layer, index))
            was_x[mask], was_y[mask] = then[0][mask], then[1][mask]
        return was_x, was_y

    def _owner(self, points: Points, index: int) -> NDArray[np.intp]:
        """The number of the topmost layer at each point at the time of frame ``index``."""
        owner = np.zeros(points[0].shape, np.intp)
        for number, layer in enumerate(self._layers[1:], start=1):
            local = layer.pose(self._seconds(index)).to_local(points)
            owner[layer.distance_inside(local) >= 0] = number
        return owner

    def _local(self, layer: _Layer, index: int) -> Points:
        return layer.pose(self._seconds(index)).to_local(self._grid)

    def _seconds(self, index: int) -> float:
        return float(index / self._rate)

    def close(self) -> None:
        """Deliver no more frames."""
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _background(rng: np.random.Generator, height: int) -> _Layer:
    scale = height / 360
    return _Layer(
        texture=_texture(rng),
        center=(0, 0),
        velocity=(-23 * scale, 7 * scale),
        swing=(9 * scale, 6 * scale),
        frequency=(1.3, 1.7),
        phase=0.5,
        spin=0.01,
        axes=None,
    )


def _object(rng: np.random.Generator, width: int, height: int) -> _Layer:
    a, b = rng.uniform(0.1, 0.2, 2) * height
    return _Layer(
        texture=_texture(rng),
        center=(width * rng.uniform(0.3, 0.7), height * rng.uniform(0.35, 0.65)),
        velocity=(0, 0),
        swing=(width * rng.uniform(0.15, 0.3), height * rng.uniform(0.1, 0.25)),
        frequency=(rng.uniform(0.5, 1.2), rng.uniform(0.5, 1.2)),
        phase=rng.uniform(0, 2 * math.pi),
        spin=rng.uniform(-0.8, 0.8),
        axes=(float(a), float(b)),
    )


def _texture(rng: np.random.Generator) -> Image:
    """Periodic noise of several sizes around a random colour."""
    color = rng.uniform(60, 195, 3).astype(np.float32)
    pattern = sum(_noise(rng, grain, contrast) for grain, contrast in ((1, 18), (4, 26), (16, 26)))
    texture: Image = np.clip(np.rint(pattern + color), 0, 255).astype(np.uint8)
    return texture


def _noise(rng: np.random.Generator, grain: int, contrast: float) -> NDArray[np.float32]:
    """Smooth periodic noise with blobs of about 4 ``grain`` pixels: float32 ``[512, 512, 3]``."""
    side, pad = _TEXTURE_SIDE // grain, 8
    # Mostly light and dark, with a little colour, like the things a camera sees.
    shade = rng.standard_normal((side, side, 1), np.float32)
    noise = shade + 0.4 * rng.standard_normal((side, side, 3), np.float32)
    wrapped = np.pad(noise, ((pad, pad), (pad, pad), (0, 0)), mode="wrap")
    smooth = cv2.GaussianBlur(wrapped, (0, 0), 2)
    large = cv2.resize(smooth, None, fx=grain, fy=grain, interpolation=cv2.INTER_CUBIC)
    inner = large[pad * grain : -pad * grain, pad * grain : -pad * grain]
    return np.asarray(contrast * inner / inner.std(), np.float32)
