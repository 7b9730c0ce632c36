from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.errors import OptionError
from realtime.flow import warp
from realtime.frame import Frame
from realtime.pipeline import run
from realtime.sinks.null import NullSink
from realtime.sources.synthetic import SyntheticSource
from realtime.stabilizer import DEFAULT_STRENGTH, TemporalStabilizer
from realtime.temporal_metrics import TemporalMeter

WIDTH, HEIGHT = 320, 180


def at(image, index, rate=25):
    return Frame(image, Fraction(index, rate), index)


def flickering(image, rng, deviation=12.0):
    """A painting: other colours, and strokes that differ from frame to frame."""
    strokes = cv2.GaussianBlur(rng.normal(0, 1, image.shape).astype(np.float32), (0, 0), 1.5)
    strokes *= deviation / strokes.std()
    return np.clip(np.rint(255 - image + strokes), 0, 255).astype(np.uint8)


def noisy(image, rng, deviation):
    noise = rng.normal(0, deviation, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def steady(frames, paintings, **options):
    stabilizer = TemporalStabilizer(**options)
    pairs = zip(frames, paintings, strict=True)
    return [stabilizer(at(frame, index), painted) for index, (frame, painted) in enumerate(pairs)]


@pytest.fixture(scope="module")
def moving():
    """A scene with exact motion: its source, frames, and flickering paintings of them."""
    source, rng = SyntheticSource(WIDTH, HEIGHT, seed=5), np.random.default_rng(1)
    frames = [source.render(index) for index in range(30)]
    return source, frames, [flickering(frame, rng) for frame in frames]


def exact_error(source, pictures, first=8):
    """E_warp by the exact flow, of the frames from ``first`` on."""
    errors = []
    for index in range(first, len(pictures)):
        seen = ~cv2.dilate(source.occlusion(index).astype(np.uint8), np.ones((3, 3))).astype(bool)
        fetched = warp(pictures[index - 1], source.flow(index)).astype(float)
        errors.append(((pictures[index] - fetched)[seen] ** 2).mean())
    return np.mean(errors)


def test_more_strength_is_steadier(moving):
    source, frames, paintings = moving
    errors = [
        exact_error(source, steady(frames, paintings, strength=strength))
        for strength in (0, 0.3, 0.6, 0.9)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == exact_error(source, paintings)


def test_strength_0_is_exactly_the_painting(moving):
    _, frames, paintings = moving
    for output, painted in zip(steady(frames, paintings, strength=0), paintings, strict=True):
        assert output is painted


def test_the_past_is_fetched_in_the_right_direction():
    """A picture that moves by whole pixels, and its painting with it."""
    source = SyntheticSource(WIDTH + 80, HEIGHT, seed=6)
    wide = source.render(0)
    frames = [np.ascontiguousarray(wide[:, 3 * i : 3 * i + WIDTH]) for i in range(10)]
    outputs = steady(frames, [255 - frame for frame in frames])
    errors = [
        np.abs(out.astype(int) - (255 - frame)) for out, frame in zip(outputs, frames, strict=True)
    ]
    assert np.mean(errors[3:]) < 2


def test_a_noisy_still_scene_comes_to_rest():
    rng = np.random.default_rng(2)
    still = SyntheticSource(WIDTH, HEIGHT, seed=7).render(0)
    frames = [noisy(still, rng, 5) for _ in range(30)]
    paintings = [flickering(frame, rng) for frame in frames]
    meter = TemporalMeter("painted", still=True)
    for index, (painted, output) in enumerate(
        zip(paintings, steady(frames, paintings), strict=True)
    ):
        if index >= 8:
            meter.add(frames[index], {"painted": painted, "output": output})
    scores = meter.scores()
    assert scores["output"].warping_error < 0.15 * scores["painted"].warping_error
    assert 0.8 < scores["output"].sharpness / scores["painted"].sharpness < 1.05


@pytest.mark.parametrize("strength", [1e-6, 0.5, 1.0])
def test_a_steady_painting_stays_as_it_is(strength):
    picture = scene(3)
    for output in steady([picture] * 30, [255 - picture] * 30, strength=strength):
        np.testing.assert_array_equal(output, 255 - picture)


def test_hardly_any_strength_changes_hardly_anything(moving):
    _, frames, paintings = moving
    for output, painted in zip(steady(frames, paintings, strength=1e-6), paintings, strict=True):
        assert np.abs(output.astype(int) - painted).max() <= 1


@pytest.mark.slow
def test_the_mean_color_of_a_still_scene_does_not_drift():
    rng = np.random.default_rng(3)
    still = SyntheticSource(160, 90, seed=8).render(0)
    stabilizer = TemporalStabilizer()
    colors = []
    for index in range(1000):
        frame = noisy(still, rng, 4)
        painted = flickering(frame, rng)
        output = stabilizer(at(frame, index), painted)
        colors.append(output.mean(axis=(0, 1)) - (255.0 - still).mean(axis=(0, 1)))
    drift = np.mean(colors[-50:], axis=0) - np.mean(colors[:50], axis=0)
    assert np.abs(drift).max() < 1
    assert np.abs(colors).max() < 1.5


def scene(seed):
    return SyntheticSource(WIDTH, HEIGHT, seed=seed).render(0)


def test_a_cut_starts_afresh():
    frames = [scene(1)] * 5 + [scene(2)] * 3
    paintings = [255 - frame for frame in frames]
    outputs = steady(frames, paintings)
    np.testing.assert_array_equal(outputs[5], paintings[5])


def test_a_cut_between_scenes_of_one_color_starts_afresh():
    """Too alike for the cut detector: the flow explains nothing, which says it as well."""
    rng = np.random.default_rng(4)
    grain = [
        cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 4)
        for _ in range(2)
    ]
    a, b = (
        np.repeat(np.clip(128 + 60 * g / g.std(), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
        for g in grain
    )
    outputs = steady([a] * 5 + [b], [a] * 5 + [b])
    assert np.abs(outputs[5].astype(int) - b).mean() < 2


@pytest.mark.parametrize("times", [(0, 1, 2, 30), (5, 6, 7, 2), (5, 6, 7, 7)])
def test_a_seek_starts_afresh(times):
    """Even within one picture: other paintings belong to other times."""
    picture, stabilizer = scene(1), TemporalStabilizer()
    for time in times[:-1]:
        stabilizer(Frame(picture, Fraction(time, 25), 0), 255 - picture)
    painted = picture.copy()
    output = stabilizer(Frame(picture, Fraction(times[-1], 25), 0), painted)
    np.testing.assert_array_equal(output, painted)


def test_a_slow_rate_is_no_seek():
    """One frame a second, as a time lapse has."""
    picture, stabilizer = scene(1), TemporalStabilizer()
    for time in range(4):
        output = stabilizer(Frame(picture, Fraction(time), 0), 255 - picture)
    changed = np.clip(255 - picture.astype(int) + 9, 0, 255).astype(np.uint8)
    output = stabilizer(Frame(picture, Fraction(4), 0), changed)
    assert np.abs(output.astype(int) - changed).mean() > 3


def test_reset_and_another_size_start_afresh():
    stabilizer = TemporalStabilizer()
    picture = scene(1)
    for index in range(3):
        stabilizer(at(picture, index), 255 - picture)
    stabilizer.reset()
    np.testing.assert_array_equal(stabilizer(at(picture, 3), picture), picture)
    small = np.ascontiguousarray(picture[:90, :150])
    np.testing.assert_array_equal(stabilizer(at(small, 4), 255 - small), 255 - small)


def test_a_change_of_light_shows_at_once():
    picture = scene(1) // 2 + 30
    lit = (picture + 60).astype(np.uint8)
    frames = [picture.astype(np.uint8)] * 6 + [lit] * 3
    outputs = steady(frames, frames)
    assert np.abs(outputs[6].astype(int) - lit).mean() < 3


def test_a_fade_is_followed():
    picture = scene(1).astype(int) // 2
    frames = [np.clip(picture + 2 * max(0, i - 5), 0, 255).astype(np.uint8) for i in range(40)]
    outputs = steady(frames, frames)
    lag = [frame.mean() - out.mean() for frame, out in zip(frames, outputs, strict=True)]
    assert max(lag) < 25, "about half a second behind at most"
    still = steady(frames + [frames[-1]] * 40, frames + [frames[-1]] * 40)
    assert abs(still[-1].mean() - frames[-1].mean()) < 1


def test_given_pictures_are_never_changed(moving):
    _, frames, paintings = moving
    stabilizer = TemporalStabilizer()
    kept = []
    for index in range(6):
        frame, painted = frames[index].copy(), paintings[index].copy()
        output = stabilizer(at(frame, index), painted)
        np.testing.assert_array_equal(frame, frames[index])
        np.testing.assert_array_equal(painted, paintings[index])
        kept.append((output, output.copy()))
        if index == 2:
            output[:] = 0  # the caller's to do with as it likes
            kept.pop()
    for output, copy in kept:
        np.testing.assert_array_equal(output, copy)
    fresh = TemporalStabilizer()
    expected = [fresh(at(frames[i], i), paintings[i]) for i in range(6)]
    np.testing.assert_array_equal(kept[-1][0], expected[-1])


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 120),
    values=st.lists(st.sampled_from([0, 7, 128, 255]), min_size=2, max_size=4),
    grain=st.sampled_from([0, 255]),
    strength=st.floats(0, 1),
)
def test_any_small_picture(height, width, values, grain, strength):
    rng = np.random.default_rng(height * width)
    stabilizer = TemporalStabilizer(strength)
    for index, value in enumerate(values):
        noise = rng.integers(0, grain + 1, (height, width, 3))
        frame = np.clip(value + noise, 0, 255).astype(np.uint8)
        painted = np.full_like(frame, 255 - value)
        output = stabilizer(at(frame, index), painted)
        assert (output.dtype, output.shape) == (np.uint8, frame.shape)
        assert output.flags.c_contiguous


@pytest.mark.parametrize("size", [(2160, 3840), (1, 40), (3, 3), (16, 4000)])
@pytest.mark.parametrize("value", [0, 90])
def test_a_flat_picture_stays_flat_at_any_size(size, value):
    frame, painted = np.full((*size, 3), value, np.uint8), np.full((*size, 3), 200, np.uint8)
    stabilizer = TemporalStabilizer()
    for index in range(3):
        np.testing.assert_array_equal(stabilizer(at(frame, index), painted), painted)


@pytest.mark.parametrize("value", [-0.1, 1.01, float("nan")])
def test_a_strength_out_of_range_is_refused(value):
    with pytest.raises(OptionError, match="between 0 and 1"):
        TemporalStabilizer(value)
    stabilizer = TemporalStabilizer()
    with pytest.raises(OptionError, match="between 0 and 1"):
        stabilizer.strength = value
    assert stabilizer.strength == DEFAULT_STRENGTH


def test_pictures_that_do_not_belong_together_are_refused():
    stabilizer = TemporalStabilizer()
    picture = scene(1)
    with pytest.raises(ValueError, match=r"\(90, 320, 3\).*\(180, 320, 3\)"):
        stabilizer(at(picture, 0), np.ascontiguousarray(picture[:90]))
    with pytest.raises(TypeError, match="stylized must be uint8"):
        stabilizer(at(picture, 0), picture.astype(np.float32))


def test_in_the_pipeline():
    source = SyntheticSource(160, 90, frames=6)
    stats = run(source, lambda image: 255 - image, NullSink(), stabilize=TemporalStabilizer())
    assert stats.frames == 6
    assert stats.stages_ms["stabilize"] > 0
