"""From an RGB picture to what an encoder is fed."""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from ..color import FULL_RANGE, LIMITED_RANGE, swscale_matrix
from ..frame import Image

# Without these swscale takes every other pixel's colour instead of the mean of four.
_ACCURATE = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP


class PictureEncoderInput:
    """Converts pictures of one size to frames of one pixel format.

    Args:
        width: of the encoded picture; a narrower picture is widened by repeating its last column.
        height: of the encoded picture; a lower picture repeats its last row.
        pixel_format: FFmpeg's name.
        matrix: H.273 matrix to encode with; ignored for RGB formats.
        full_range: whether black becomes 0.
    """

    def __init__(
        self, width: int, height: int, pixel_format: str, matrix: int, *, full_range: bool
    ) -> None:
        self._width = width
        self._height = height
        self._format = pixel_format
        self._matrix = None
        if not av.VideoFormat(pixel_format).is_rgb:
            self._matrix = swscale_matrix(matrix)
        self._range = FULL_RANGE if full_range or self._matrix is None else LIMITED_RANGE
        self._reformatter = VideoReformatter()

    def __call__(self, image: Image) -> av.VideoFrame:
        """A new frame with the picture, without a time."""
        height, width = image.shape[:2]
        if (width, height) != (self._width, self._height):
            image = np.pad(
                image, ((0, self._height - height), (0, self._width - width), (0, 0)), "edge"
            )
        return self._reformatter.reformat(
            av.VideoFrame.from_ndarray(image, "rgb24"),
            format=self._format,
            src_colorspace=self._matrix,
            dst_colorspace=self._matrix,
            src_color_range=FULL_RANGE,
            dst_color_range=self._range,
            interpolation=_ACCURATE,
            # More threads made this slower wherever it was measured.
            threads=1,
        )
