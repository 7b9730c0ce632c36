from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.detail import restore_detail
from realtime.sources.synthetic import SyntheticSource
from realtime.temporal_metrics import sharpness

STILL, MOVING = np.zeros((9, 16), np.float32), np.ones((9, 16), np.float32)


@pytest.fixture
def picture():
    return SyntheticSource(320, 180, seed=4).render(0)


@pytest.fixture
def strokes():
    """Gray paint with strokes some pixels wide."""
    noise = np.random.default_rng(0).normal(0, 1, (180, 320)).astype(np.float32)
    paint = cv2.GaussianBlur(noise, (0, 0), 1.5)
    gray = np.clip(np.rint(128 + 25 * paint / paint.std()), 0, 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


def fainter(strokes, factor):
    return np.clip(np.rint(128 + factor * (strokes.astype(float) - 128)), 0, 255).astype(np.uint8)


def contrast(image):
    return float(image.astype(float).std())


@pytest.mark.parametrize("moving", [STILL, MOVING])
def test_a_picture_that_has_lost_nothing_stays_as_it_is(picture, moving):
    np.testing.assert_array_equal(restore_detail(picture, picture, moving), picture)


def test_faint_strokes_become_stronger(strokes):
    faint = fainter(strokes, 0.6)
    restored = restore_detail(faint, strokes, STILL)
    assert 1.15 * contrast(faint) < contrast(restored) < 1.02 * contrast(strokes)


def test_repeated_it_does_not_overshoot(strokes):
    result = fainter(strokes, 0.6)
    for _ in range(60):
        result = restore_detail(result, strokes, STILL)
    assert 0.8 < contrast(result) / contrast(strokes) < 1.1
    assert 0.9 < sharpness(result) / sharpness(strokes) < 1.2


def test_strokes_that_are_too_strong_become_weaker(strokes):
    strong = fainter(strokes, 1.3)
    assert contrast(restore_detail(strong, strokes, STILL)) < 0.95 * contrast(strong)


def test_there_is_a_limit_to_it(strokes):
    faint = fainter(strokes, 0.1)
    assert contrast(restore_detail(faint, strokes, STILL)) < 2.4 * contrast(faint)


def test_moving_things_get_more_of_the_fresh_detail(picture):
    blurred = cv2.GaussianBlur(picture, (0, 0), 0.7)
    still, moving = (sharpness(restore_detail(blurred, picture, m)) for m in (STILL, MOVING))
    assert 1.1 * sharpness(blurred) < still < moving < 1.1 * sharpness(picture)


def test_only_the_part_that_has_lost_detail_changes(strokes):
    wide = np.tile(strokes, (1, 2, 1))
    half = wide.copy()
    half[:, :160] = fainter(wide, 0.6)[:, :160]
    changed = (restore_detail(half, wide, STILL) != half).any(axis=2)
    assert changed[:, :128].mean() > 0.5
    assert changed[:, 320:].mean() == 0


def test_only_the_light_is_sharpened(picture):
    blurred = cv2.GaussianBlur(picture, (0, 0), 0.7)
    change = restore_detail(blurred, picture, STILL).astype(int) - blurred
    inside = np.all((blurred > 60) & (blurred < 195), axis=2)  # nothing is clipped there
    assert change[inside].any()
    assert np.ptp(change[inside], axis=1).max() == 0


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (16, 16), (33, 17)])
def test_flat_pictures_of_any_size_stay_flat(size):
    flat, other = np.full((*size, 3), 90, np.uint8), np.full((*size, 3), 130, np.uint8)
    np.testing.assert_array_equal(restore_detail(flat, other, MOVING), flat)
