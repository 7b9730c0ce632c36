"""From an RGB picture to what an encoder is fed."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from av.video.reformatter import Interpolation, VideoReformatter

from ..color import FULL_RANGE, LIMITED_RANGE, swscale_matrix
from ..frame import Image

# Without these swscale takes every other pixel's colour instead of the mean of four.
_ACCURATE = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP
_ACCURATE_FLAGS = "bicubic+accurate_rnd+full_chroma_inp"
_SWSCALE_NAMES = {1: "bt709", 4: "fcc", 5: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}
_TICK = Fraction(1, 25)
"""The unit of times that nobody reads."""


class PictureEncoderInput:
    """Converts pictures of one size to frames of one pixel format.

    Args:
        width: of the encoded picture; a narrower picture is widened by repeating its last column.
        height: of the encoded picture; a lower picture repeats its last row.
        pixel_format: FFmpeg's name.
        matrix: H.273 matrix to encode with; ignored for RGB formats.
        full_range: whether black becomes 0.
        left: a colour sample of two pixels is taken around the left one, and not between them.
    """

    def __init__(
        self,
        width: int,
        height: int,
        pixel_format: str,
        matrix: int,
        *,
        full_range: bool,
        left: bool = False,
    ) -> None:
        self._width = width
        self._height = height
        self._format = pixel_format
        self._matrix = None
        if not av.VideoFormat(pixel_format).is_rgb:
            self._matrix = swscale_matrix(matrix)
        self._range = FULL_RANGE if full_range or self._matrix is None else LIMITED_RANGE
        self._reformatter = VideoReformatter()
        self._graph = self._make_graph() if left else None

    def __call__(self, image: Image) -> av.VideoFrame:
        """A new frame with the picture, without a time."""
        height, width = image.shape[:2]
        if (width, height) != (self._width, self._height):
            image = np.pad(
                image, ((0, self._height - height), (0, self._width - width), (0, 0)), "edge"
            )
        frame = av.VideoFrame.from_ndarray(image, "rgb24")
        if self._graph is not None:
            frame.pts, frame.time_base = 0, _TICK
            self._graph.vpush(frame)
            return self._graph.vpull()
        return self._reformatter.reformat(
            frame,
            format=self._format,
            src_colorspace=self._matrix,
            dst_colorspace=self._matrix,
            src_color_range=FULL_RANGE,
            dst_color_range=self._range,
            interpolation=_ACCURATE,
            # More threads made this slower wherever it was measured.
            threads=1,
        )

    def _make_graph(self) -> Graph:
        """The same conversion, as a filter that can be told where colour samples lie."""
        assert self._matrix is not None
        graph = Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=self._width,
            height=self._height,
            format=av.VideoFormat("rgb24"),
            time_base=_TICK,
        )
        scale = graph.add(
            "scale",
            f"flags={_ACCURATE_FLAGS}:in_range=full:out_range="
            f"{'full' if self._range == FULL_RANGE else 'limited'}:out_color_matrix="
            f"{_SWSCALE_NAMES[self._matrix]}:out_h_chr_pos=0:out_v_chr_pos=128",
        )
        pixels = graph.add("format", f"pix_fmts={self._format}")
        sink = graph.add("buffersink")
        graph.link_nodes(source, scale, pixels, sink).configure()
        return graph
