from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from realtime.sources.synthetic import SyntheticSource
from realtime.temporal_metrics import (
    LONG_RANGE,
    Correspondence,
    TemporalMeter,
    find_correspondence,
    no_motion,
    psnr,
    sharpness,
    warping_error,
)

WIDTH, HEIGHT = 320, 180


@pytest.fixture(scope="module")
def source():
    return SyntheticSource(WIDTH, HEIGHT, seed=4)


def noisy(image, rng, deviation=10.0):
    return np.clip(np.rint(image + rng.normal(0, deviation, image.shape)), 0, 255).astype(np.uint8)


def measure(frames, videos, **options):
    meter = TemporalMeter(**options)
    for index, frame in enumerate(frames):
        meter.add(frame, {name: video[index] for name, video in videos.items()})
    return meter


def test_the_warping_error_is_that_of_the_paper():
    """The mean square over visible pixels and channels, of full scale."""
    earlier, current = np.zeros((2, 4, 3), np.uint8), np.zeros((2, 4, 3), np.uint8)
    current[0, 1] = (51, 0, 0)
    current[1, 3] = 255
    visible = np.ones((2, 4), bool)
    visible[1, 3] = False
    motion = Correspondence(np.zeros((2, 4, 2), np.float32), visible, ~visible)
    assert warping_error(earlier, current, motion) == pytest.approx(0.2**2 / (7 * 3))


def test_nothing_visible_has_no_error():
    image = np.zeros((4, 4, 3), np.uint8)
    nothing = np.zeros((4, 4), bool)
    motion = Correspondence(np.zeros((4, 4, 2), np.float32), nothing, ~nothing)
    assert math.isnan(warping_error(image, image, motion))


def test_motion_alone_is_no_error(source):
    """With the flow that is found, moving pictures hardly differ; without, they do."""
    before, now = source.render(10), source.render(11)
    found = find_correspondence(before, now)
    exact = Correspondence(source.flow(11), ~source.occlusion(11), source.occlusion(11))
    standing = no_motion(HEIGHT, WIDTH)
    errors = [warping_error(before, now, motion) for motion in (exact, found, standing)]
    assert errors[1] < 2 * errors[0]
    assert errors[2] > 10 * errors[1]


def test_large_pictures_are_measured_at_their_own_size():
    source = SyntheticSource(1280, 720, seed=4)
    before, now = source.render(10), source.render(11)
    found = find_correspondence(before, now)
    assert found.flow.shape == (720, 1280, 2)
    assert found.visible.shape == found.occluded.shape == (720, 1280)
    error = np.linalg.norm(found.flow - source.flow(11), axis=-1)
    assert np.median(error[found.visible]) < 0.2


def test_sharpness_falls_with_blur_and_psnr_with_noise(source):
    picture, rng = source.render(0), np.random.default_rng(0)
    assert sharpness(cv2.blur(picture, (3, 3))) < 0.5 * sharpness(picture)
    assert psnr(picture, picture) == math.inf
    assert psnr(noisy(picture, rng), picture) == pytest.approx(20 * math.log10(255 / 10), abs=0.3)


def test_flicker_is_measured(source):
    rng = np.random.default_rng(1)
    frames = [source.render(index) for index in range(12)]
    videos = {"input": frames, "painted": [noisy(frame, rng) for frame in frames]}
    scores = measure(frames, videos, reference="painted").scores()
    # Two frames' noise, the earlier one's softened by the interpolation.
    assert (10 / 255) ** 2 < scores["painted"].warping_error < 2.1 * (10 / 255) ** 2
    assert scores["input"].warping_error < 0.1 * scores["painted"].warping_error
    assert scores["painted"].long_range_error > 0.9 * scores["painted"].warping_error
    assert scores["input"].fidelity_psnr == pytest.approx(20 * math.log10(255 / 10), abs=0.3)
    assert scores["painted"].fidelity_psnr is None
    assert scores["input"].drift < 0.2
    assert scores["painted"].drift == 0


def test_blur_is_seen_although_it_is_steady(source):
    frames = [source.render(index) for index in range(4)]
    rng = np.random.default_rng(2)
    painted = [noisy(frame, rng) for frame in frames]
    videos = {"painted": painted, "blurred": [cv2.blur(frame, (5, 5)) for frame in painted]}
    scores = measure(frames, videos, reference="painted").scores()
    assert scores["blurred"].warping_error < 0.2 * scores["painted"].warping_error
    assert scores["blurred"].sharpness < 0.2 * scores["painted"].sharpness


def test_ghosts_are_seen_where_something_is_uncovered():
    """A plain average of the last frames leaves trails; a tenth of noise does not."""
    source = SyntheticSource(640, 360, seed=2)
    frames = [source.render(index) for index in range(0, 30, 3)]
    trailing, last = [], frames[0].astype(np.float32)
    for frame in frames:
        last = 0.6 * last + 0.4 * frame
        trailing.append(np.rint(last).astype(np.uint8))
    rng = np.random.default_rng(3)
    videos = {
        "painted": [noisy(frame, rng, 4) for frame in frames],
        "other": [noisy(frame, rng, 4) for frame in frames],
        "trailing": trailing,
    }
    scores = measure(frames, videos, reference="painted").scores()
    assert scores["other"].ghosting == pytest.approx(scores["painted"].ghosting, rel=0.3)
    assert scores["trailing"].ghosting > 3 * scores["painted"].ghosting


def test_a_cut_is_not_flicker(source):
    other = SyntheticSource(WIDTH, HEIGHT, seed=9)
    frames = [source.render(i) for i in range(4)] + [other.render(i) for i in range(4)]
    meter = TemporalMeter()
    motions = [meter.add(frame, {"input": frame}) for frame in frames]
    assert [motion is None for motion in motions] == [i in (0, 4) for i in range(8)]
    series = meter.series()["input"]["warping_error"]
    assert [math.isnan(value) for value in series] == [i in (0, 4) for i in range(8)]
    assert len(meter.series()["input"]["sharpness"]) == 8
    assert meter.scores()["input"].warping_error < 0.001


def test_drift_is_measured_against_the_reference():
    flat = np.full((20, 30, 3), 100, np.uint8)
    frames = [flat] * 20
    darker = [(flat - index // 4).astype(np.uint8) for index in range(20)]
    scores = measure(frames, {"painted": frames, "output": darker}, reference="painted").scores()
    assert scores["output"].drift == pytest.approx(4)


def test_a_still_scene_is_measured_without_motion():
    picture, rng = SyntheticSource(WIDTH, HEIGHT).render(0), np.random.default_rng(4)
    frames = [noisy(picture, rng) for _ in range(4)]
    score = measure(frames, {"input": frames}, still=True).scores()["input"]
    assert score.warping_error == pytest.approx(2 * (10 / 255) ** 2, rel=0.05)


def test_what_was_not_measured_is_none():
    flat = np.full((20, 30, 3), 100, np.uint8)
    meter = TemporalMeter()
    meter.add(flat, {"output": flat})
    score = meter.scores()["output"]
    assert score.warping_error is None
    assert score.long_range_error is None
    assert score.ghosting is None
    assert score.fidelity_psnr is None
    assert score.drift is None
    for _ in range(LONG_RANGE):
        meter.add(flat, {"output": flat})
    assert meter.scores()["output"].long_range_error == 0


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"output has the shape \(4, 4, 3\), not \(4, 5, 3\)"):
        TemporalMeter().add(
            np.zeros((4, 5, 3), np.uint8), {"output": np.zeros((4, 4, 3), np.uint8)}
        )
