from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from realtime.errors import OptionError
from realtime.sources.synthetic import SyntheticSource

WIDTH, HEIGHT = 320, 180


@pytest.fixture(scope="module")
def source():
    return SyntheticSource(WIDTH, HEIGHT, frames=40)


def warp(image, flow):
    """The picture before, brought to where its points are now."""
    x, y = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    return cv2.remap(image, x + flow[..., 0], y + flow[..., 1], cv2.INTER_CUBIC)


def test_it_is_deterministic():
    first, second, other = (SyntheticSource(64, 48, frames=3, seed=seed) for seed in (5, 5, 6))
    for a, b, c in zip(first, second, other, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        assert (a.image != c.image).any()


def test_times_are_exact():
    source = SyntheticSource(64, 48, rate=Fraction(30000, 1001), frames=4)
    assert [frame.pts for frame in source] == [Fraction(1001 * i, 30000) for i in range(4)]
    assert source.info.duration == Fraction(4004, 30000)


@pytest.mark.parametrize("index", [1, 7, 23, 39])
def test_the_flow_explains_the_pictures(source, index):
    flow, hidden = source.flow(index), source.occlusion(index)
    assert (flow.dtype, flow.shape) == (np.float32, (HEIGHT, WIDTH, 2))
    assert (hidden.dtype, hidden.shape) == (np.bool_, (HEIGHT, WIDTH))
    now, before = source.render(index).astype(int), source.render(index - 1)
    error = np.abs(warp(before, flow).astype(int) - now).mean(axis=2)
    unmoved = np.abs(before.astype(int) - now).mean(axis=2)
    assert error[~hidden].mean() < 1.5
    assert np.median(error[~hidden]) <= 1
    assert unmoved.mean() > 4 * error[~hidden].mean()
    # What was hidden cannot be explained by the picture before.
    assert error[hidden].mean() > 10 * error[~hidden].mean()


def test_the_opposite_flow_does_not_explain_them(source):
    now, before = source.render(5).astype(int), source.render(4)
    right = np.abs(warp(before, source.flow(5)) - now).mean()
    wrong = np.abs(warp(before, -source.flow(5)) - now).mean()
    assert wrong > 4 * right


def test_the_motion_is_worth_measuring(source):
    flows = np.stack([source.flow(index) for index in range(1, 40, 6)])
    speed = np.hypot(flows[..., 0], flows[..., 1])
    assert 0.2 < np.median(speed) < 3
    assert 1 < speed.max() < 12
    assert np.abs(flows - np.rint(flows)).mean() > 0.1, "no motion by whole pixels"


def test_a_little_is_hidden_in_every_frame(source):
    shares = [source.occlusion(index).mean() for index in range(1, 40, 6)]
    assert all(0 < share < 0.1 for share in shares)


def test_what_comes_in_from_outside_counts_as_hidden(source):
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    flow = source.flow(9)
    was_x, was_y = x + flow[..., 0], y + flow[..., 1]
    outside = (was_x < 0) | (was_y < 0) | (was_x > WIDTH - 1) | (was_y > HEIGHT - 1)
    assert outside.any()
    assert source.occlusion(9)[outside].all()


def test_the_first_frame_has_no_flow(source):
    for call in (source.flow, source.occlusion):
        with pytest.raises(ValueError, match="no frame before"):
            call(0)


def test_an_endless_source_goes_on():
    with SyntheticSource(16, 16) as source:
        assert source.info.frame_count is None
        indices = [frame.index for frame, _ in zip(source, range(50), strict=False)]
    assert indices == list(range(50))


@pytest.mark.parametrize(
    "options",
    [{"width": 0}, {"height": 15}, {"width": 10**6}, {"rate": Fraction(0)}, {"frames": 0}],
)
def test_nonsense_is_refused(options):
    with pytest.raises(OptionError):
        SyntheticSource(**options)


@pytest.mark.parametrize("size", [(16, 16), (400, 16), (16, 400)])
def test_any_shape(size):
    source = SyntheticSource(*size, frames=30)
    for frame in source:
        assert frame.image.shape == (size[1], size[0], 3)
