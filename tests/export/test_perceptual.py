from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from export.perceptual import (
    STYLE_LAYERS,
    checkerboard_loss,
    content_loss,
    gram,
    grid_loss,
    local_detail,
    local_mean,
    style_loss,
    style_targets,
    total_variation,
)


def test_gram_is_the_mean_outer_product():
    features = torch.rand(2, 5, 7, 9)
    expected = torch.einsum("ncij,ndij->ncd", features, features) / (7 * 9)
    torch.testing.assert_close(gram(features), expected)


def test_a_picture_has_no_distance_to_itself(judge):
    picture = torch.rand(1, 3, 64, 64)
    features = judge(picture)
    assert content_loss(features, features).item() == 0
    assert style_loss(judge, features, style_targets(judge, picture)).item() < 1e-8


def test_losses_are_relative(judge):
    """An all-black answer is as far from the target as the target is large."""
    features = judge(torch.rand(1, 3, 64, 64))
    nothing = {name: torch.zeros_like(value) for name, value in features.items()}
    targets = {name: gram(features[name])[0] for name in STYLE_LAYERS}
    assert content_loss(nothing, features).item() == pytest.approx(1)
    assert style_loss(judge, nothing, targets).item() == pytest.approx(len(STYLE_LAYERS))


def test_style_ignores_where_things_are(judge):
    picture = torch.rand(1, 3, 128, 128)
    targets = style_targets(judge, picture)
    mirrored_in_place = torch.roll(picture, (16, 32), (2, 3))
    other = functional.avg_pool2d(picture, 5, 1, 2)
    moved = style_loss(judge, judge(mirrored_in_place), targets).item()
    blurred = style_loss(judge, judge(other), targets).item()
    assert moved < 0.1 * blurred


def test_a_sparse_style_loss_estimates_the_full_one(judge):
    painting, picture = torch.rand(2, 1, 3, 128, 128)
    targets = style_targets(judge, functional.avg_pool2d(painting, 3, 1, 1))
    features = judge(picture)
    full = style_loss(judge, features, targets).item()
    estimates = [
        style_loss(judge, features, targets, random=np.random.default_rng(seed)).item()
        for seed in range(8)
    ]
    assert np.mean(estimates) == pytest.approx(full, rel=0.1)


def test_total_variation_of_stripes():
    stripes = torch.zeros(1, 3, 8, 8)
    stripes[:, :, ::2] = 1
    assert total_variation(stripes).item() == pytest.approx(1)
    assert total_variation(torch.full((1, 3, 8, 8), 0.3)).item() == 0


@pytest.mark.parametrize("period", [2, 4, 16])
def test_a_grid_is_found_wherever_it_lies(period):
    torch.manual_seed(0)
    flat = torch.full((1, 3, 128, 128), 0.5)
    dots = flat.clone()
    dots[..., ::period, ::period] += 0.05
    half = dots.clone()
    half[..., 64:] = torch.rand(1, 3, 128, 64)
    noise = flat + 0.05 * torch.randn(1, 3, 128, 128)
    assert grid_loss(local_detail(noise)).item() == pytest.approx(1, abs=0.25)
    assert grid_loss(local_detail(flat)).item() < 0.01
    assert grid_loss(local_detail(dots)).item() > 2.5
    assert grid_loss(local_detail(half)).item() > 1.2  # noise over this half alone makes 0.5


def test_rounding_is_no_grid():
    levels = torch.full((1, 3, 64, 64), 100 / 255)
    levels[..., ::4, ::4] += 0.5 / 255
    assert grid_loss(local_detail(levels)).item() < 1


def alternating(pattern):
    """Single pixels that alternate [128, 128] in -1 and 1: lines, or a checkerboard."""
    row, column = torch.meshgrid(torch.arange(128), torch.arange(128), indexing="ij")
    number = {"rows": row, "columns": column, "checkerboard": row + column}[pattern]
    return 1 - 2 * (number % 2)


@pytest.mark.parametrize("shift", [0, 4])
@pytest.mark.parametrize("pattern", ["rows", "columns", "checkerboard"])
def test_alternating_pixels_are_found_though_they_change_sides(pattern, shift):
    torch.manual_seed(0)
    noise = 0.5 + 0.05 * torch.randn(1, 3, 128, 128)
    # So that there is nothing of it on average; the changes lie at the blocks' borders or inside.
    turns = 1 - 2 * ((torch.arange(128) + shift) // 16 % 2)
    painted = noise + 0.05 * alternating(pattern) * turns * turns[:, None]
    assert checkerboard_loss(local_detail(noise)).item() == pytest.approx(0.9, abs=0.1)
    assert checkerboard_loss(local_detail(painted)).item() > 1.8


@pytest.mark.parametrize("period", [6, 12, 24])
def test_stripes_of_more_than_single_pixels_do_not_alternate(period):
    stripes = torch.from_numpy(np.sin(np.arange(128) * 2 * np.pi / period)).float()
    for lying in (stripes, stripes[:, None]):
        picture = 0.5 + 0.3 * lying.expand(1, 3, 128, 128)
        assert checkerboard_loss(local_detail(picture)).item() < 0.05


@pytest.mark.parametrize("size", [(40, 60), (9, 9), (3, 5)])
def test_local_means_are_those_of_a_pooling(size):
    pictures = torch.rand(2, 3, *size)
    expected = functional.avg_pool2d(pictures, 9, 1, 4, count_include_pad=False)
    torch.testing.assert_close(local_mean(pictures), expected, rtol=1e-4, atol=1e-5)
