from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.compose import blend, keep_colors, side_by_side


def luma(image):
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(int)


def soft(seed):
    """Colours far from the edge of what RGB can hold, where luma and chroma are independent."""
    return np.random.default_rng(seed).integers(90, 166, (24, 32, 3), dtype=np.uint8)


def test_keep_colors_takes_brightness_from_the_painting_and_chroma_from_the_frame():
    frame, painted = soft(1), soft(2)
    result = keep_colors(frame, painted)
    assert np.abs(luma(result) - luma(painted)).max() <= 2
    chroma = [cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)[..., 1:].astype(int) for image in
              (result, frame)]  # fmt: skip
    assert np.abs(chroma[0] - chroma[1]).max() <= 3


def test_keep_colors_of_itself_is_itself(picture):
    assert np.abs(keep_colors(picture, picture).astype(int) - picture).max() <= 3


def test_keep_colors_leaves_its_inputs(picture):
    frame, painted = picture.copy(), 255 - picture
    kept = painted.copy()
    result = keep_colors(frame, painted)
    np.testing.assert_array_equal(frame, picture)
    np.testing.assert_array_equal(painted, kept)
    assert (result.dtype, result.shape) == (np.uint8, picture.shape)
    assert result.flags.c_contiguous


def test_side_by_side(picture):
    both = side_by_side(picture, 255 - picture)
    assert both.shape == (37, 106, 3)
    assert both.flags.c_contiguous
    np.testing.assert_array_equal(both[:, :53], picture)
    np.testing.assert_array_equal(both[:, 53:], 255 - picture)


@pytest.mark.parametrize("opacity", [0, 0.25, 0.5, 1])
def test_blend(picture, opacity):
    above = 255 - picture
    mixed = opacity * above.astype(float) + (1 - opacity) * picture
    assert np.abs(blend(picture, above, opacity) - mixed).max() <= 0.501
