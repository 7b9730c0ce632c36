from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.flow import (
    FLOWS,
    SMALLEST_SIDE,
    DisFlow,
    enlarge,
    leaves,
    luma,
    motion_boundary,
    occlusion,
    reduce_to,
    warp,
    warp_by_small,
)
from realtime.sources.synthetic import SyntheticSource

WIDTH, HEIGHT = 320, 180


@pytest.fixture(scope="module")
def source():
    return SyntheticSource(WIDTH, HEIGHT, seed=2)


def constant(x, y, height=HEIGHT, width=WIDTH):
    return np.full((height, width, 2), (x, y), np.float32)


@pytest.mark.parametrize("name", FLOWS)
def test_every_estimator_finds_the_motion(source, name):
    estimate = FLOWS[name]()
    for index in (5, 30):
        now, before = source.render(index), source.render(index - 1)
        found, exact = estimate(now, before), source.flow(index)
        assert (found.dtype, found.shape) == (np.float32, (HEIGHT, WIDTH, 2))
        error = np.linalg.norm(found - exact, axis=-1)[~source.occlusion(index)]
        still = np.linalg.norm(exact, axis=-1).mean()
        assert np.median(error) < 0.15
        assert error.mean() < 0.25 * still


def test_the_arguments_are_previous_and_current(source):
    """Points of the first picture are found in the second one."""
    picture = source.render(0)
    moved = np.roll(picture, 3, axis=1)
    flow = DisFlow()(picture, moved)
    assert np.median(flow[..., 0]) == pytest.approx(3, abs=0.1)
    assert np.median(flow[..., 1]) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_picture_has_a_finite_flow(name, value):
    flat = np.full((90, 160, 3), value, np.uint8)
    flow = FLOWS[name]()(flat, flat)
    assert np.isfinite(flow).all()
    assert np.abs(flow).max() < 1e-3


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("size", [(1, 1), (4, 300), (16, 16), (17, 23), (300, 16), (33, 64)])
def test_any_size_has_a_finite_flow(name, size):
    rng = np.random.default_rng(3)
    a, b = (rng.integers(0, 256, (*size, 3), dtype=np.uint8) for _ in range(2))
    flow = FLOWS[name]()(a, b)
    assert flow.shape == (*size, 2)
    assert np.isfinite(flow).all()
    if min(size) < SMALLEST_SIDE:
        assert (flow == 0).all()


def test_warp_fetches():
    picture = np.arange(HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
    fetched = warp(picture, constant(2, 1))
    np.testing.assert_allclose(fetched[:-1, :-2], picture[1:, 2:])
    # Beyond the border there is nothing: the outermost pixels are repeated, never wrapped around.
    np.testing.assert_allclose(fetched[:-1, -1], picture[1:, -1])


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    small=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    corners=st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_where_nothing_moves_there_is_no_need_to_warp(size, small, corners):
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    flow = np.zeros((*small, 2), np.float32)
    (top, bottom), (left, right) = sorted(corners[:2]), sorted(corners[2:])
    rows = slice(int(top * small[0]), int(bottom * small[0]) + 1)
    columns = slice(int(left * small[1]), int(right * small[1]) + 1)
    flow[rows, columns] = rng.normal(0, 2, flow[rows, columns].shape)
    expected = warp(picture, enlarge(flow, *size))
    np.testing.assert_array_equal(warp_by_small(picture, flow), expected)


def test_without_motion_the_picture_is_a_copy(source):
    picture = source.render(0)
    same = warp_by_small(picture, np.zeros((9, 16, 2), np.float32))
    assert not np.shares_memory(same, picture)
    np.testing.assert_array_equal(same, picture)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_warp_interpolates_between_pixels(dtype):
    picture = np.zeros((4, 6, 3), dtype)
    picture[:, 3:] = 100
    halfway = warp(picture, constant(0.5, 0, 4, 6))
    assert halfway.dtype == dtype
    np.testing.assert_array_equal(halfway[0, :, 0], [0, 0, 50, 100, 100, 100])


def test_the_exact_flow_brings_the_picture_before_here(source):
    for index in (4, 25):
        now, before = source.render(index), source.render(index - 1)
        seen = ~source.occlusion(index)
        right = np.abs(warp(before, source.flow(index)).astype(int) - now)[seen].mean()
        wrong = np.abs(warp(before, -source.flow(index)).astype(int) - now)[seen].mean()
        assert right < 2
        assert wrong > 3 * right


def test_occlusion_is_found_where_things_are_uncovered():
    """Against the exact mask, on a fast scene, where what is uncovered is several pixels wide."""
    source = SyntheticSource(2 * WIDTH, 2 * HEIGHT, rate=Fraction(10), seed=2)
    estimate = FLOWS["precise"]()
    found, exact = [], []
    for index in (3, 12, 20):
        now, before = source.render(index), source.render(index - 1)
        found.append(occlusion(estimate(now, before), estimate(before, now)))
        exact.append(source.occlusion(index))
    found, exact = np.stack(found), np.stack(exact)
    assert exact.mean() > 0.01
    # Flow is smooth over edges, so that the rim of what is uncovered is missed.
    assert found[exact].mean() > 0.6
    assert found[~grown(exact, 8)].mean() < 0.01


def grown(masks, reach):
    """True within ``reach`` pixels of where a mask is true."""
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return np.stack([cv2.dilate(mask.astype(np.uint8), kernel) > 0 for mask in masks])


def test_flows_that_lead_back_show_no_occlusion():
    there, back = constant(3, -2), constant(-3, 2)
    inside = slice(4, -4), slice(4, -4)
    assert not occlusion(there, back)[inside].any()
    assert occlusion(there, constant(3, 2))[inside].all()


def test_what_comes_from_outside_is_occluded():
    hidden = occlusion(constant(3, 0), constant(-3, 0))
    assert hidden[:, -3:].all()
    assert not hidden[:, :-3].any()
    np.testing.assert_array_equal(leaves(constant(0, -2))[:3].mean(axis=1), [1, 1, 0])


def test_a_still_border_is_not_outside():
    """Noise alone points a little outside everywhere along the border."""
    assert not leaves(constant(-0.3, 0.3)).any()


def test_boundaries_lie_where_the_motion_changes():
    flow = constant(0, 0)
    flow[:, WIDTH // 2 :] = (4, 0)
    boundary = motion_boundary(flow)
    assert boundary[:, WIDTH // 2 - 1 : WIDTH // 2 + 1].all()
    assert boundary.sum() == 2 * HEIGHT
    assert not motion_boundary(constant(7, 3)).any()


def test_a_flow_grows_with_its_picture():
    flow = np.zeros((45, 80, 2), np.float32)
    flow[...] = (1.5, -2)
    large = enlarge(flow, 91, 160)
    assert large.shape == (91, 160, 2)
    np.testing.assert_allclose(large[..., 0], 3, rtol=1e-5)
    np.testing.assert_allclose(large[..., 1], -2 * 91 / 45, rtol=1e-5)
    assert enlarge(flow, 45, 80) is flow


@pytest.mark.parametrize("size", [(2160, 3840), (720, 1280), (1280, 720), (20, 4000), (3, 3)])
def test_reduced_pictures_have_few_pixels_and_the_same_shape(size):
    small = reduce_to(np.zeros((*size, 3), np.uint8), 320 * 180)
    height, width = small.shape[:2]
    assert height * width <= 320 * 180 * 1.02
    if size != (20, 4000):
        assert width / height == pytest.approx(size[1] / size[0], rel=0.02)
    if size[0] * size[1] <= 320 * 180:
        assert (height, width) == size


def test_luma_weighs_the_colors():
    rgb = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)
    np.testing.assert_array_equal(luma(rgb), [[76, 150, 29, 255]])
