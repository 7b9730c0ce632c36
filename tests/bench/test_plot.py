from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest

from realtime.bench.plot import FORMATS, check_plotting, draw
from realtime.errors import OptionError

MAGIC = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


def report(*stages_ms):
    return {
        "settings": {"model": "m.onnx", "threads": 2},
        "machine": {"cpu": "a processor"},
        "sizes": [
            {
                "width": 64,
                "height": 48,
                "stages": {"stages_ms": {"decode": 1.0, "stylize": ms, "encode": 2.0}},
                "h264": {"ms_per_frame": ms, "fps": 1000 / ms},
            }
            for ms in stages_ms
        ],
    }


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format(suffix):
    check_plotting(suffix)
    assert draw(report(10.0), suffix).startswith(MAGIC[suffix])


def test_the_bars_are_as_long_as_the_stages():
    """Counted in the colour of a stage: 4 times the time, 4 times the length."""
    image = cv2.imdecode(
        np.frombuffer(draw(report(10.0, 40.0), ".png"), np.uint8), cv2.IMREAD_COLOR
    )
    stylize = (image == (0x77, 0x66, 0xEE)).all(axis=2)
    rows = stylize.sum(axis=1)
    lengths = sorted({int(n) for n in np.unique(rows) if n > 60})
    assert lengths[-1] == pytest.approx(4 * lengths[0], rel=0.05)


def test_an_unknown_format():
    with pytest.raises(OptionError, match=r"cannot be a \.bmp; end its name in \.png"):
        check_plotting(".bmp")


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(OptionError, match=r"pip install '.*\[plots\]'"):
        check_plotting(".png")
