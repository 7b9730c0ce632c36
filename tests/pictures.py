"""Compares pictures of `clips.patches`."""

from __future__ import annotations

import clips
import numpy as np

from realtime.sources.file import VideoFileSource

CENTRES = ((12, 20), (12, 44), (36, 20), (36, 44))


def still(_index, width, height):
    return clips.patches(0, width, height)


def read(path, **options):
    with VideoFileSource(path, **options) as source:
        return list(source), source


def assert_same_patches(image, expected, tolerance=2, centres=CENTRES):
    for y, x in centres:
        difference = image[y, x].astype(int) - expected[y, x].astype(int)
        assert np.abs(difference).max() <= tolerance, (y, x, image[y, x], expected[y, x])
