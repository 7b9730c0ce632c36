"""Which matrix and range the numbers of a video mean, in code points of ITU-T H.273.

A stream says it in its tags; where it does not, players guess by the size of the picture, and so
does this module, by the rule that mpv uses: from 1280 columns or above 576 rows it is BT.709
(high definition), below it is BT.601.
"""

from __future__ import annotations

from dataclasses import replace

from .frame import ColorTags

BT709 = 1
UNSPECIFIED = 2
FCC = 4
BT470BG = 5
SMPTE170M = 6
SMPTE240M = 7
BT2020_NCL = 9
BT2020_CL = 10
BT2020_PRIMARIES = 9
BT2020_TRANSFERS = frozenset((14, 15))
PQ = 16
HLG = 18

LIMITED_RANGE = 1
FULL_RANGE = 2
"""FFmpeg's numbers of the two ranges (``AVColorRange``)."""

_SWSCALE_MATRIX = {
    BT709: 1,
    FCC: 4,
    BT470BG: 5,
    SMPTE170M: 5,
    SMPTE240M: 7,
    BT2020_NCL: 9,
    BT2020_CL: 9,
}
"""H.273 matrix to swscale's ``SWS_CS_*``. BT.2020 with constant luminance is rare and is decoded
as the usual kind, which is close."""

_COMPANIONS = {
    BT709: (1, 1),
    FCC: (4, 4),
    BT470BG: (5, 6),
    SMPTE170M: (6, 6),
    SMPTE240M: (7, 7),
    BT2020_NCL: (9, 14),
}
"""Primaries and transfer that usually go with a matrix."""


def is_hdr(tags: ColorTags) -> bool:
    """Whether the values follow PQ or HLG, which a common display shows flat and dark."""
    return tags.transfer in (PQ, HLG)


def matrix_of(tags: ColorTags, width: int, height: int) -> int:
    """The H.273 matrix to decode with: the one tagged if it is usable, else a guess.

    Args:
        tags: what the stream says.
        width: of the decoded picture in pixels.
        height: of the decoded picture in pixels.
    """
    if tags.matrix in _SWSCALE_MATRIX:
        assert tags.matrix is not None
        return tags.matrix
    if tags.primaries == BT2020_PRIMARIES or tags.transfer in BT2020_TRANSFERS or is_hdr(tags):
        return BT2020_NCL
    return BT709 if width >= 1280 or height > 576 else SMPTE170M


def swscale_matrix(matrix: int) -> int:
    """The number that swscale gives an H.273 matrix that `matrix_of` returned."""
    return _SWSCALE_MATRIX[matrix]


def output_tags(tags: ColorTags, width: int, height: int) -> ColorTags:
    """The complete tags of a video that is written from 8-bit RGB.

    The matrix, primaries and transfer that the source is tagged with are kept; what it does not
    say follows from the matrix, and the matrix from the output's size. PQ and HLG are not carried
    over: eight bits of a painted picture are no HDR. The range is always limited.

    Args:
        tags: of the source.
        width: of the output in pixels.
        height: of the output in pixels.
    """
    if is_hdr(tags):
        tags = replace(tags, transfer=None)
    matrix = matrix_of(tags, width, height)
    if matrix == BT2020_CL:
        matrix = BT2020_NCL
    primaries, transfer = _COMPANIONS[matrix]
    return ColorTags(
        matrix,
        primaries if tags.primaries in (None, UNSPECIFIED) else tags.primaries,
        transfer if tags.transfer in (None, UNSPECIFIED) else tags.transfer,
        full_range=False,
    )
