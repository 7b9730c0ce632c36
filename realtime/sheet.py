"""A contact sheet: one picture in every style of a model, each with its name."""

from __future__ import annotations

import cv2
import numpy as np

from .engine import OnnxStylizer
from .frame import Image
from .model import MINIMUM_SIDE, StyleInfo
from .styles import parse_style
from .text import Writer

COLUMNS = 4
CELL_WIDTH, CELL_HEIGHT = 320, 480
"""Width, and largest height, of a picture on the sheet, in pixels."""
_CAPTION = 46
_GAP = 12
_PAPER, _INK, _GREY = (250, 249, 246), (25, 25, 25), (105, 105, 105)


def contact_sheet(stylizer: OnnxStylizer, picture: Image, columns: int = COLUMNS) -> Image:
    """Paint ``picture`` in every style.

    Args:
        stylizer: its style is changed.
        picture: uint8 ``[H, W, 3]``, RGB; scaled to ``CELL_WIDTH``, and what is too high cut off.
        columns: pictures in a row, at most.

    Returns:
        uint8 ``[H', W', 3]``, RGB.
    """
    scale = CELL_WIDTH / picture.shape[1]
    picture = picture[: max(1, round(CELL_HEIGHT / scale))]
    height = max(MINIMUM_SIDE, round(picture.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(picture, (CELL_WIDTH, height), interpolation=method), np.uint8)
    styles = stylizer.description.painted_styles
    columns = min(columns, len(styles))
    rows = -(-len(styles) // columns)
    step_x, step_y = CELL_WIDTH + _GAP, height + _CAPTION + _GAP
    sheet = np.full((rows * step_y + _GAP, columns * step_x + _GAP, 3), _PAPER, np.uint8)
    writer = Writer()
    for index, style in enumerate(styles):
        row, column = divmod(index, columns)
        top, left = row * step_y + _GAP, column * step_x + _GAP
        stylizer.set_style(parse_style(style.name, stylizer.description))
        sheet[top : top + height, left : left + CELL_WIDTH] = stylizer(small)
        _caption(writer, sheet, style, (left, top + height))
    return sheet


def _caption(writer: Writer, sheet: Image, style: StyleInfo, corner: tuple[int, int]) -> None:
    """Write the style's name, and below it painting and painter, under a picture."""
    left, top = corner
    writer.write(sheet, style.name, (left, top + 20), 15, _INK, bold=True)
    about = ", ".join(part for part in (style.title, style.artist) if part)
    about = writer.shortened(about, 12, CELL_WIDTH)
    writer.write(sheet, about, (left, top + 38), 12, _GREY)
