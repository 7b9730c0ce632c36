from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from realtime.flow import grid
from realtime.motion import MotionEstimator
from realtime.sources.synthetic import SyntheticSource

WIDTH, HEIGHT = 256, 144


def noisy(image, rng, deviation=5.0):
    noise = rng.normal(0, deviation, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def follow(frames):
    estimate = MotionEstimator()
    return [estimate(frame) for frame in frames]


def test_the_first_frame_has_no_motion():
    source = SyntheticSource(WIDTH, HEIGHT)
    estimate = MotionEstimator()
    assert estimate(source.render(0)) is None
    assert estimate(source.render(1)) is not None
    estimate.reset()
    assert estimate(source.render(2)) is None


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_flow_is_close_to_the_true_one(seed):
    source = SyntheticSource(WIDTH, HEIGHT, seed=seed)
    motion = follow(source.render(index) for index in range(20, 26))[-1]
    error = np.linalg.norm(motion.flow - source.flow(25), axis=-1)
    assert np.median(error[~source.occlusion(25)]) < 0.12
    assert motion.moving.mean() > 0.9
    assert motion.trust.mean() > 0.9


def test_noise_is_no_motion():
    picture, rng = SyntheticSource(WIDTH, HEIGHT, seed=1).render(0), np.random.default_rng(0)
    motions = follow(noisy(picture, rng) for _ in range(12))
    assert motions[-1].moving.mean() < 0.05
    assert np.abs(motions[-1].flow).mean() < 0.02
    assert motions[-1].trust.mean() > 0.8


def test_a_slow_motion_is_motion_even_in_noise():
    """A third of a pixel a frame: less than the flow that noise alone suggests."""
    source, rng = (
        SyntheticSource(WIDTH, HEIGHT, rate=Fraction(60), seed=1),
        np.random.default_rng(0),
    )
    motion = follow(noisy(source.render(index), rng, 3) for index in range(20))[-1]
    assert motion.moving.mean() > 0.8


def test_what_is_uncovered_is_not_trusted():
    source = SyntheticSource(WIDTH, HEIGHT, rate=Fraction(8), seed=2)
    hidden, shown = [], []
    for index in (3, 9, 15):
        motion = follow([source.render(index - 1), source.render(index)])[-1]
        occluded = source.occlusion(index)
        hidden.append(motion.trust[occluded].mean())
        shown.append(motion.trust[~occluded].mean())
    assert np.mean(hidden) < 0.25
    assert np.mean(shown) > 0.75


def test_what_comes_in_from_outside_is_not_trusted():
    source = SyntheticSource(WIDTH + 8, HEIGHT, seed=3)
    picture = source.render(0)
    frames = [np.ascontiguousarray(picture[:, 8 - x : 8 - x + WIDTH]) for x in (0, 8)]
    trust = follow(frames)[-1].trust
    assert trust[8:-8, :6].mean() < 0.1
    assert trust[8:-8, 12:-12].mean() > 0.9


def test_what_comes_in_is_not_trusted_even_if_it_looks_like_the_border():
    source = SyntheticSource(WIDTH + 8, HEIGHT, seed=3)
    picture = source.render(0)
    picture[:, :12] = picture[:, 12:13]  # the border goes on outside
    frames = [np.ascontiguousarray(picture[:, 8 - x : 8 - x + WIDTH]) for x in (0, 8)]
    assert follow(frames)[-1].trust[8:-8, :6].mean() < 0.3


def test_a_change_of_light_is_not_trusted():
    picture = SyntheticSource(WIDTH, HEIGHT).render(0) // 2 + 40
    darker, brighter = picture.astype(np.uint8), (picture + 45).astype(np.uint8)
    assert follow([darker, brighter])[-1].trust.mean() < 0.1


def test_an_estimator_of_ones_own_can_be_used():
    calls = []

    def shift(previous, current):
        calls.append((int(previous[0, 0, 0]), int(current[0, 0, 0])))
        return np.zeros((*previous.shape[:2], 2), np.float32)

    estimate = MotionEstimator(shift)
    frames = [np.full((20, 30, 3), value, np.uint8) for value in (1, 2)]
    estimate(frames[0])
    motion = estimate(frames[1])
    assert calls == [(2, 1)], "from the current frame to the one before"
    assert motion.flow.shape == grid(20, 30).shape


@pytest.mark.parametrize("size", [(16, 16), (1, 1), (17, 90), (144, 256)])
@pytest.mark.parametrize("value", [0, 255])
def test_flat_and_tiny_frames_give_finite_values(size, value):
    flat = np.full((*size, 3), value, np.uint8)
    for motion in follow([flat, flat, flat])[1:]:
        for values in (motion.flow, motion.trust, motion.moving):
            assert np.isfinite(values).all()
        assert motion.trust.min() > 0.9
