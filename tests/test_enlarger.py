from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.enlarger import Enlarger
from realtime.sources.synthetic import SyntheticSource


def scene(width, height):
    return next(iter(SyntheticSource(width, height, frames=1))).image


def error(a, b):
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@pytest.mark.parametrize(("width", "height"), [(640, 360), (321, 243), (32, 32), (33, 17)])
def test_any_size_comes_back(width, height):
    image, enlarger = scene(width, height), Enlarger()
    small = enlarger.reduce(image)
    assert small.shape == ((height + 1) // 2, (width + 1) // 2, 3)
    enlarged = enlarger.enlarge(small, image)
    assert enlarged.shape == image.shape
    assert enlarged.dtype == np.uint8
    assert enlarged.flags.c_contiguous


@pytest.mark.parametrize("paint", [lambda image: image, lambda image: 255 - image])
def test_edges_of_the_frame_come_back(paint):
    image, enlarger = scene(320, 180), Enlarger()
    small = paint(enlarger.reduce(image))
    smooth = cv2.resize(small, (320, 180), interpolation=cv2.INTER_CUBIC)
    assert error(enlarger.enlarge(small, image), paint(image)) < 0.8 * error(smooth, paint(image))


def test_a_painting_that_does_not_follow_the_frame_is_left_alone():
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    flat = np.full((48, 64, 3), (30, 90, 200), np.uint8)
    assert (Enlarger().enlarge(flat, image) == (30, 90, 200)).all()


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match="not half"):
        Enlarger().enlarge(np.zeros((20, 20, 3), np.uint8), np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(TypeError, match="uint8"):
        Enlarger().enlarge(np.zeros((32, 32, 3)), np.zeros((64, 64, 3), np.uint8))
