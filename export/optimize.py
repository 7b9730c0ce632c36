"""Style transfer by optimising the pixels of one picture (Gatys et al. 2016).

Slow, and the best a given loss can do: the quality reference for the feed-forward network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .perceptual import LossNetwork, content_loss, style_loss, style_targets, total_variation

LINE_SEARCH = 25
"""Places an iteration may look at to find how far to go (torch's own limit); usually it is one."""


@dataclass(frozen=True)
class OptimizationOptions:
    """Weights of the losses, and how long to optimise.

    Attributes:
        steps: iterations of L-BFGS.
        content_weight: weight of the content loss.
        style_weight: weight of the style loss.
        variation_weight: weight of the total variation.
        from_noise: start from noise, as Gatys et al. did, instead of from the photograph.
        seed: of the noise.
    """

    steps: int = 300
    content_weight: float = 1.0
    style_weight: float = 6.0
    variation_weight: float = 0.1
    from_noise: bool = False
    seed: int = 0


def optimize(
    photograph: Tensor,
    painting: Tensor,
    network: LossNetwork,
    options: OptimizationOptions = OptimizationOptions(),
    on_step: Callable[[int, float], None] = lambda _step, _loss: None,
) -> Tensor:
    """Find a picture with the content of one and the style of another.

    Args:
        photograph: [1, 3, H, W], RGB in 0..1, H and W from 16.
        painting: [1, 3, H', W'], RGB in 0..1.
        network: the judge.
        options: see `OptimizationOptions`.
        on_step: called after every iteration with its number, from 1, and the loss.

    Returns:
        [1, 3, H, W] in 0..1.
    """
    painted = photograph
    steps = optimization_steps(photograph, painting, network, options)
    for step, (picture, loss) in enumerate(steps, start=1):
        painted = picture
        on_step(step, loss)
    return painted


def optimization_steps(
    photograph: Tensor, painting: Tensor, network: LossNetwork, options: OptimizationOptions
) -> Iterator[tuple[Tensor, float]]:
    """As `optimize`, but yields the picture [1, 3, H, W] and the loss after every iteration."""
    targets = style_targets(network, painting)
    with torch.no_grad():
        content = network(photograph)
    start = photograph
    if options.from_noise:
        generator = torch.Generator(photograph.device).manual_seed(options.seed)
        start = torch.rand(photograph.shape, generator=generator, device=photograph.device)
    # The judge sees 0..255, so that steps of unit length, as L-BFGS tries first, are small.
    pixels = (255 * start).contiguous().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [pixels],
        max_iter=1,
        # Newer torch lets the line search look at no second place else: it has what is left of
        # `max_eval`, by default one. The picture then stays as it is once a step is too long.
        max_eval=1 + LINE_SEARCH,
        # These are absolute, and a pixel's part in a relative loss is as small as pictures are
        # large: the larger the picture, the sooner they would end the optimisation.
        tolerance_grad=0,
        tolerance_change=0,
        history_size=50,
        line_search_fn="strong_wolfe",
    )

    def total(picture: Tensor) -> Tensor:
        features = network(picture)
        loss = (
            options.content_weight * content_loss(features, content)
            + options.style_weight * style_loss(network, features, targets)
            + options.variation_weight * total_variation(picture)
        ).sum()
        # Values outside the range of a display would be cut off; better to avoid them.
        return loss + (picture - picture.clamp(0, 1)).square().sum() * 1e-2

    seen: Tensor | None = None
    loss = gradient = torch.zeros(())

    def closure() -> Tensor:
        """The loss, and its gradient in ``pixels``.

        An iteration asks first where the one before it ended, which it has mostly just looked at.
        """
        nonlocal seen, loss, gradient
        if seen is None or not torch.equal(seen, pixels):
            optimizer.zero_grad()
            loss = total(pixels / 255)
            loss.backward()  # type: ignore[no-untyped-call]
            assert pixels.grad is not None
            seen, loss, gradient = pixels.detach().clone(), loss.detach(), pixels.grad
        pixels.grad = gradient
        return loss

    for _ in range(options.steps):
        optimizer.step(closure)  # type: ignore[no-untyped-call]
        yield (pixels.detach() / 255).clamp(0, 1), float(closure())
