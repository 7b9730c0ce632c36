from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.detail import restore_detail
from realtime.sources.synthetic import SyntheticSource
from realtime.temporal_metrics import sharpness


@pytest.fixture
def picture():
    return SyntheticSource(320, 180, seed=4).render(0)


def test_a_picture_that_has_lost_nothing_hardly_changes(picture):
    assert np.abs(restore_detail(picture, picture).astype(int) - picture).max() <= 5


def test_a_blurred_picture_becomes_sharper(picture):
    blurred = cv2.GaussianBlur(picture, (0, 0), 0.7)
    restored = restore_detail(blurred, picture)
    assert 1.3 * sharpness(blurred) < sharpness(restored) < 1.1 * sharpness(picture)


def test_only_the_light_is_sharpened(picture):
    blurred = cv2.GaussianBlur(picture, (0, 0), 0.7)
    change = restore_detail(blurred, picture).astype(int) - blurred
    inside = np.all((blurred > 60) & (blurred < 195), axis=2)  # nothing is clipped there
    assert inside.any()
    assert np.ptp(change[inside], axis=1).max() == 0


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (16, 16), (33, 17)])
def test_flat_pictures_of_any_size_stay_flat(size):
    flat, other = np.full((*size, 3), 90, np.uint8), np.full((*size, 3), 130, np.uint8)
    np.testing.assert_array_equal(restore_detail(flat, other), flat)
