"""Make gallery.jpg, the picture at the top of the README, with the model that ships.

uv run python samples/make_gallery.py
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from realtime.engine import OnnxStylizer
from realtime.frame import Image
from realtime.sources import open_source
from realtime.styles import parse_style

HERE = Path(__file__).parent
CELL = (320, 240)
SHOWN = ("starry_night", "great_wave", "udnie", "wheat_field_cypresses", "composition_vii")
"""As many as a page is wide; `stylecam styles --sheet` shows all."""
SECOND = 2
LABEL_HEIGHT = 26


def main() -> None:
    """Paint a photograph and a frame of the clip in some styles."""
    rows = [fit(first_picture("astronaut.jpg")), fit(frame_of_clip("city_night.mp4"))]
    with OnnxStylizer() as stylizer:
        columns = [column("input", rows)]
        for name in SHOWN:
            stylizer.set_style(parse_style(name, stylizer.description))
            columns.append(column(name, [stylizer(row) for row in rows]))
    sheet = cv2.cvtColor(np.concatenate(columns, axis=1), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(HERE / "gallery.jpg"), sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])


def column(label: str, pictures: list[Image]) -> Image:
    """Pictures below each other, under their label."""
    head = np.full((LABEL_HEIGHT, CELL[0], 3), 255, np.uint8)
    font, black = cv2.FONT_HERSHEY_SIMPLEX, (0, 0, 0)
    cv2.putText(head, label, (6, 19), font, 0.55, black, 1, cv2.LINE_AA)
    return np.concatenate([head, *pictures], axis=0)


def first_picture(name: str) -> Image:
    """The picture, or the first frame, of a sample."""
    with open_source(HERE / name) as source:
        return next(iter(source)).image


def frame_of_clip(name: str) -> Image:
    """The frame that is shown after `SECOND` seconds."""
    with open_source(HERE / name) as source:
        return next(frame.image for frame in source if frame.pts >= SECOND)


def fit(image: Image) -> Image:
    """Fill a cell with the upper middle of ``image``."""
    height, width = image.shape[:2]
    factor = max(CELL[0] / width, CELL[1] / height)
    size = (round(width * factor), round(height * factor))
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    left = (scaled.shape[1] - CELL[0]) // 2
    cut = scaled[: CELL[1], left : left + CELL[0]]
    return np.ascontiguousarray(cut.astype(np.uint8))


if __name__ == "__main__":
    main()
