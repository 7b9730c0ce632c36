"""The values that flow through the pipeline: one frame, and what is known of its stream."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
"""A picture: uint8 ``[H, W, 3]``, RGB, C-contiguous, values 0..255."""


def check_image(image: object, name: str = "image") -> None:
    """Raise unless ``image`` is a contiguous uint8 ``[H, W, 3]`` array.

    Raises:
        TypeError: not an array, or of another dtype.
        ValueError: another shape, empty, or not C-contiguous.
    """
    if not isinstance(image, np.ndarray):
        raise TypeError(f"{name} must be a numpy array, not {type(image).__name__}")
    if image.dtype != np.uint8:
        raise TypeError(f"{name} must be uint8, not {image.dtype}")
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"{name} must have the shape (height, width, 3), not {image.shape}")
    if not image.flags.c_contiguous:
        raise ValueError(f"{name} must be C-contiguous; pass numpy.ascontiguousarray({name})")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Frame:
    """One picture and its time.

    Attributes:
        image: uint8 ``[H, W, 3]``, RGB, C-contiguous, 0..255.
        pts: presentation timestamp in seconds, exact.
        index: position in its stream, from 0, without gaps for a file.
        duration: how long the frame is shown, in seconds, where the container says so.
    """

    image: Image
    pts: Fraction
    index: int
    duration: Fraction | None = None

    def __post_init__(self) -> None:
        check_image(self.image)
        if not isinstance(self.pts, Fraction):
            raise TypeError(f"pts must be a Fraction of seconds, not {type(self.pts).__name__}")
        if self.index < 0:
            raise ValueError(f"index must not be negative, but is {self.index}")

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"Frame(index={self.index}, pts={float(self.pts):.6f}s, {width}x{height})"

    def with_image(self, image: Image) -> Frame:
        """The same moment with another picture."""
        return Frame(image, self.pts, self.index, self.duration)


@dataclass(frozen=True, slots=True)
class ColorTags:
    """Colour description of a stream, as the code points of ITU-T H.273.

    ``None`` means that the stream does not say.
    """

    matrix: int | None = None
    primaries: int | None = None
    transfer: int | None = None
    full_range: bool | None = None


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a source knows of its pictures before it delivers the first.

    Attributes:
        width: of the frames delivered (rotation applied), in pixels.
        height: of the frames delivered, in pixels.
        rate: average frames per second, exact; None where unknown.
        frame_count: number of frames, or the container's estimate; None where unknown.
        duration: in seconds; None where unknown or endless.
        time_base: the unit of the presentation timestamps in seconds; None where they have none.
        sample_aspect_ratio: width over height of one pixel.
        rotation: degrees, counter-clockwise, that were applied to bring the picture upright.
        color: colour description of the stream that was decoded.
        is_live: a live source drops frames when nobody takes them; a file waits.
    """

    width: int
    height: int
    rate: Fraction | None = None
    frame_count: int | None = None
    duration: Fraction | None = None
    time_base: Fraction | None = None
    sample_aspect_ratio: Fraction = Fraction(1)
    rotation: int = 0
    color: ColorTags = ColorTags()
    is_live: bool = False
