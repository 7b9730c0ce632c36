from __future__ import annotations

import numpy as np
import pytest

from realtime.cuts import CutDetector
from realtime.sources.synthetic import SyntheticSource


def scene(seed, index=0):
    return SyntheticSource(320, 180, seed=seed).render(index)


def brighter(image, levels):
    return np.clip(image.astype(int) + levels, 0, 255).astype(np.uint8)


def test_a_cut_is_noticed_at_its_first_frame():
    is_cut = CutDetector()
    frames = [scene(1, i) for i in range(5)] + [scene(2, i) for i in range(5)]
    assert [is_cut(frame) for frame in frames] == [False] * 5 + [True] + [False] * 4


def test_motion_is_no_cut():
    is_cut = CutDetector()
    source = SyntheticSource(320, 180, seed=4)
    assert not any(is_cut(source.render(index)) for index in range(0, 120, 3))


@pytest.mark.parametrize("value", [0, 40, 128])
def test_noise_on_grey_is_no_cut(value):
    """Its hue jumps about."""
    is_cut, rng = CutDetector(), np.random.default_rng(0)
    for _ in range(10):
        noise = rng.normal(0, 15, (90, 160, 3))
        assert not is_cut(np.clip(value + noise, 0, 255).astype(np.uint8))


def test_a_slow_change_of_light_is_no_cut():
    is_cut = CutDetector()
    picture = scene(1)
    assert not any(is_cut(brighter(picture, levels)) for levels in range(-60, 60, 4))


@pytest.mark.parametrize("size", [(16, 16), (1, 1), (500, 20)])
def test_any_size(size):
    is_cut = CutDetector()
    black, white = (np.full((*size, 3), value, np.uint8) for value in (0, 255))
    assert [is_cut(image) for image in (black, black, white, white)] == [False, False, True, False]


def test_reset_forgets():
    is_cut = CutDetector()
    is_cut(scene(1))
    is_cut.reset()
    assert not is_cut(scene(2))


def test_red_is_next_to_itself():
    """Hue goes round in a circle: a little yellow and a little blue in red are no cut."""
    is_cut = CutDetector()
    is_cut(np.full((36, 64, 3), (200, 8, 0), np.uint8))
    assert not is_cut(np.full((36, 64, 3), (200, 0, 8), np.uint8))
