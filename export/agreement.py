"""How well two loss networks agree on which picture is nearer to which painting."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from realtime.frame import Image

from .checkpoint import Checkpoint
from .dataset import to_tensor
from .perceptual import LossNetwork, content_loss, style_loss, style_targets

Losses = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """Rank correlations (Spearman 1904) of two networks' losses: 1 is the same order, 0 none.

    A network that gives every picture the same loss puts them in no order; the coefficient is NaN
    then.

    Attributes:
        style: of the style losses of all pairs of a picture and a painting.
        style_within: the mean over the paintings, each with all pictures: harder, since it does
            not profit from some paintings being farther from everything.
        content: of the content losses of every painted picture and its photograph.
        pairs: number of pairs of a picture and a painting.
    """

    style: float
    style_within: float
    content: float
    pairs: int


def agreement(
    networks: tuple[LossNetwork, LossNetwork],
    photographs: Sequence[Image],
    painted: Sequence[Sequence[Image]],
    paintings: Sequence[Image],
    on_picture: Callable[[int, int], None] = lambda _done, _all: None,
) -> Agreement:
    """Compare two loss networks.

    Args:
        networks: the two; both on the processor.
        photographs: uint8 [H, W, 3].
        painted: for each photograph, pictures painted from it, of its size.
        paintings: uint8 [H', W', 3], whose style is compared with.
        on_picture: called with the number of photographs done and to do.
    """
    style: tuple[list[list[float]], ...] = ([], [])
    content: tuple[list[float], ...] = ([], [])
    targets = [
        [style_targets(network, to_tensor([painting])) for painting in paintings]
        for network in networks
    ]
    for done, (photograph, pictures) in enumerate(zip(photographs, painted, strict=True), start=1):
        for which, network in enumerate(networks):
            with torch.no_grad():
                original = network(to_tensor([photograph]))
                for picture in (photograph, *pictures):
                    features = network(to_tensor([picture]))
                    losses = [style_loss(network, features, t).item() for t in targets[which]]
                    style[which].append(losses)
                    if picture is not photograph:
                        content[which].append(content_loss(features, original).item())
        on_picture(done, len(photographs))
    ours, theirs = (np.array(table) for table in style)
    within = [rank_correlation(a, b) for a, b in zip(ours.T, theirs.T, strict=True)]
    return Agreement(
        style=rank_correlation(ours.ravel(), theirs.ravel()),
        style_within=float(np.mean(within)),
        content=rank_correlation(*(np.array(values) for values in content)),
        pairs=ours.size,
    )


def paint_in_every_style(checkpoint: Checkpoint, photograph: Image) -> list[Image]:
    """``photograph`` (uint8 [H, W, 3]) in each style but the identity, at full strength."""
    network = checkpoint.build()
    x = to_tensor([photograph])
    rows = torch.eye(network.styles)
    chosen = [row for row, s in zip(rows, checkpoint.styles, strict=True) if not s.is_identity]
    with torch.no_grad():
        painted = [network(x, style[None])[0].clamp(0, 1) for style in chosen]
    return [p.mul(255).round().byte().permute(1, 2, 0).contiguous().numpy() for p in painted]


def rank_correlation(a: Losses, b: Losses) -> float:
    """Spearman's coefficient of two equally long rows of numbers; equal ones share a rank.

    NaN where one of the rows is in no order: all of it equal, or with a NaN in it.
    """
    if np.isnan(a).any() or np.isnan(b).any():
        return math.nan
    first, second = _ranks(a), _ranks(b)
    spread = first.std() * second.std()
    if not spread:
        return math.nan
    return float(((first - first.mean()) * (second - second.mean())).mean() / spread)


def _ranks(values: Losses) -> Losses:
    """The place of every number in the order of all, from 0; of equal ones the mean place."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Losses = ends - (counts + 1) / 2
    return means[which]
