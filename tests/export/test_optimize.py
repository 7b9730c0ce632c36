from __future__ import annotations

from itertools import pairwise

import made_up
import pytest
import torch

from export.dataset import to_tensor
from export.optimize import OptimizationOptions, optimization_steps, optimize
from export.perceptual import total_variation


def test_optimising_lowers_the_loss_and_keeps_the_size(judge):
    photograph, painting = (to_tensor([made_up.made_up_picture(i, 48, 64)]) for i in (1, 2))
    losses = []
    options = OptimizationOptions(steps=15)
    painted = optimize(photograph, painting, judge, options, lambda _, loss: losses.append(loss))
    assert painted.shape == photograph.shape
    assert 0 <= painted.min() <= painted.max() <= 1
    assert len(losses) == 15
    assert losses[-1] < 0.6 * losses[0]


def test_noise_is_a_matter_of_the_seed(judge):
    photograph, painting = (to_tensor([made_up.made_up_picture(i, 32, 32)]) for i in (1, 2))

    def paint(seed):
        options = OptimizationOptions(steps=2, from_noise=True, seed=seed)
        return optimize(photograph, painting, judge, options)

    assert torch.equal(paint(1), paint(1))
    assert not torch.equal(paint(1), paint(2))


@pytest.mark.parametrize("weight", [1, 1e-3])
def test_the_optimisation_goes_on_to_the_end(judge, weight):
    """Neither a step that is too long ends it, nor small gradients, as large pictures have."""
    photograph, painting = (to_tensor([made_up.made_up_picture(i, 48, 64)]) for i in (1, 2))
    losses = []
    options = OptimizationOptions(
        steps=120,
        content_weight=weight,
        style_weight=6 * weight,
        variation_weight=0.1 * weight,
        from_noise=True,
    )
    optimize(photograph, painting, judge, options, lambda _, loss: losses.append(loss))
    falls = [before > after for before, after in pairwise(losses)]
    assert sum(falls[-40:]) > 35


def test_the_loss_told_is_that_of_the_picture(judge):
    photograph, painting = (to_tensor([made_up.made_up_picture(i, 48, 64)]) for i in (1, 2))
    options = OptimizationOptions(steps=3, content_weight=0, style_weight=0)
    told = [float(loss) for _, loss in optimization_steps(photograph, painting, judge, options)]
    pictures = [picture for picture, _ in optimization_steps(photograph, painting, judge, options)]
    expected = [0.1 * total_variation(picture).item() for picture in pictures]
    assert told == pytest.approx(expected, rel=1e-3)


def test_an_iteration_rarely_looks_at_the_picture_more_than_once(judge):
    photograph, painting = (to_tensor([made_up.made_up_picture(i, 48, 64)]) for i in (1, 2))
    looks = []
    with judge.register_forward_hook(lambda *_: looks.append(1)):
        optimize(photograph, painting, judge, OptimizationOptions(steps=20))
    assert len(looks) < 34
