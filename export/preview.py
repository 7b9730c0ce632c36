"""A sheet that shows how a training gets on: photographs in rows, styles in columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from realtime.frame import Image

from .dataset import cover, list_pictures, read_picture, to_tensor
from .pictures import write_picture

if TYPE_CHECKING:
    from .train import Trainer

ROWS = 4
CELL = (320, 240)
"""Width and height of one picture of the sheet, in pixels."""


def write_preview(trainer: Trainer, content: Path, path: Path) -> None:
    """Paint held-out photographs (or the last of the folder) in every style being trained."""
    photographs = list_pictures(content, "heldout")
    spread = photographs[:: max(1, len(photographs) // ROWS)][:ROWS]
    rows = [_row(trainer, read_picture(photograph)) for photograph in spread]
    write_picture(path, np.ascontiguousarray(np.concatenate(rows, axis=0)))


def _row(trainer: Trainer, photograph: Image) -> Image:
    fitted = cover(photograph, *CELL)
    cells = [fitted]
    for style in range(trainer.first_style, len(trainer.styles)):
        painted = trainer.paint(to_tensor([fitted]), style)[0].permute(1, 2, 0)
        cells.append(painted.mul(255).round().byte().numpy())
    return np.concatenate(cells, axis=1)
