"""From a decoded frame in any pixel format to an upright RGB picture."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from ..color import FULL_RANGE, LIMITED_RANGE, UNSPECIFIED, matrix_of, swscale_matrix
from ..frame import ColorTags, Image
from .orientation import Orientation

if TYPE_CHECKING:
    from ..tonemap import ToneMapper

# Without these swscale takes a short cut that repeats each colour sample over 2 x 2 pixels.
_ACCURATE = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT

_LIMITED_RANGE_CODECS = frozenset(("h264", "hevc", "av1", "libdav1d", "vp9", "vvc", "mpeg2video"))
"""Codecs whose standard says that untagged grey is limited; elsewhere FFmpeg means full range."""


class RgbConverter:
    """Converts frames of one stream: colour, size and orientation.

    Args:
        width: of the pictures delivered (after turning), in pixels.
        height: of the pictures delivered (after turning), in pixels.
        orientation: how to turn them.
        codec: FFmpeg's name of the decoder.
        tone_mapper: makes SDR of HDR; None for what is SDR.
    """

    def __init__(
        self,
        width: int,
        height: int,
        orientation: Orientation,
        codec: str,
        tone_mapper: ToneMapper | None = None,
    ) -> None:
        self._width, self._height = orientation.size(width, height)
        self._orientation = orientation
        self._codec = codec
        self._tone_mapper = tone_mapper
        self._reformatter = VideoReformatter()
        self._blender = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> Image:
        """The upright picture: uint8 ``[height, width, 3]``, RGB; transparency lies on black.

        Raises:
            av.FFmpegError: a pixel format that swscale cannot read.
        """
        if has_alpha(frame):
            frame = self._on_black(frame)
        pixel_format = "rgb24" if self._tone_mapper is None else "rgb48le"
        converted = self._convert(self._reformatter, frame, self._width, self._height, pixel_format)
        if self._tone_mapper is None:
            image = np.ascontiguousarray(converted.to_ndarray(), np.uint8)
        else:
            image = self._tone_mapper(converted.to_ndarray().astype(np.uint16, copy=False))
        return self._orientation.apply(image)

    def _on_black(self, frame: av.VideoFrame) -> av.VideoFrame:
        rgba = self._convert(self._blender, frame, frame.width, frame.height, "rgba").to_ndarray()
        alpha = rgba[..., 3:].astype(np.uint16)
        blended = ((rgba[..., :3] * alpha + 127) // 255).astype(np.uint8)
        return av.VideoFrame.from_ndarray(blended, "rgb24")

    def _convert(
        self,
        reformatter: VideoReformatter,
        frame: av.VideoFrame,
        width: int,
        height: int,
        pixel_format: str,
    ) -> av.VideoFrame:
        matrix = None
        if not frame.format.is_rgb:
            matrix = swscale_matrix(matrix_of(tags_of(frame), frame.width, frame.height))
        return reformatter.reformat(
            frame,
            width,
            height,
            pixel_format,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=FULL_RANGE if is_full_range(frame, self._codec) else LIMITED_RANGE,
            dst_color_range=FULL_RANGE,
            interpolation=_ACCURATE,
            # More threads made this slower wherever it was measured.
            threads=1,
        )


def tags_of(frame: av.VideoFrame) -> ColorTags:
    """What a decoded frame says of its colours."""

    def known(value: int) -> int | None:
        return None if int(value) == UNSPECIFIED else int(value)

    matrix = known(frame.colorspace)
    return ColorTags(
        # Code point 0 means RGB, and decoders leave it there by default.
        matrix if matrix != 0 or frame.format.is_rgb else None,
        known(frame.color_primaries) or None,
        known(frame.color_trc) or None,
        {LIMITED_RANGE: False, FULL_RANGE: True}.get(int(frame.color_range)),
    )


def peak_light(frame: av.VideoFrame) -> float | None:
    """Brightest light of an HDR video in cd/m2, as far as the frame says."""
    side_data = cast(Any, frame.side_data)
    content = side_data.get("CONTENT_LIGHT_LEVEL")
    if content is not None:
        (brightest,) = struct.unpack_from("=I", bytes(content))
        if brightest:
            return float(brightest)
    display = side_data.get("MASTERING_DISPLAY_METADATA")
    if display is None:
        return None
    # AVMasteringDisplayMetadata: ten rational numbers, and which of them are given.
    numerator, denominator, _, is_given = struct.unpack_from("=2i2i", bytes(display), 72)
    return numerator / denominator if is_given and numerator > 0 and denominator > 0 else None


def is_full_range(frame: av.VideoFrame, codec: str) -> bool:
    """Whether black is 0 and white the largest value, rather than 16 and 235 (of 255)."""
    name = frame.format.name
    if frame.format.is_rgb or frame.format.has_palette or name.startswith("yuvj"):
        return True
    if int(frame.color_range) in (LIMITED_RANGE, FULL_RANGE):
        return int(frame.color_range) == FULL_RANGE
    return name.startswith(("gray", "ya", "mono")) and codec not in _LIMITED_RANGE_CODECS


def has_alpha(frame: av.VideoFrame) -> bool:
    """Whether pixels can be transparent."""
    return frame.format.has_palette or any(part.is_alpha for part in frame.format.components)
