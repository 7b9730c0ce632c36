"""Perceptual losses: content and style as a convolutional network sees them.

Content features and Gram matrices after Gatys et al. 2016 (sections 2.1 and 2.2), used to train a
network as in Johnson et al. 2016 (section 3). Both losses are relative, so that 1 is the size of
the target itself and weights mean the same for every layer and painting.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
CONTENT_LAYER = "relu3_1"
SPARSE_STEP = {"relu1_1": 4, "relu2_1": 2, "relu3_1": 2, "relu4_1": 1}
"""Every how many-th row and column a sparse style loss looks at."""

Features = Mapping[str, Tensor]


class LossNetwork(nn.Module):
    """The first four stages of a VGG network (Simonyan and Zisserman 2015), frozen.

    Input: RGB in 0..1, [N, 3, H, W], H and W from 16. Output: the rectified features of
    `STYLE_LAYERS`, at the scale of inputs in 0..255.

    Args:
        name: for reports and checkpoints.
        preprocess: 1x1 convolution weights [3, 3, 1, 1] and bias [3] from RGB in 0..1 to what the
            first layer expects.
        layers: ``"1_1": (weight, bias)`` in order; a 2x2 max pool stands before each new stage.
        widen: 1x1 maps from a compressed network's features to those of its teacher.
    """

    def __init__(
        self,
        name: str,
        preprocess: tuple[Tensor, Tensor],
        layers: Mapping[str, tuple[Tensor, Tensor]],
        widen: Mapping[str, tuple[Tensor, Tensor]] | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.preprocess = _frozen_convolution(*preprocess)
        self.order = tuple(layers)
        self.convolutions = nn.ModuleDict(
            {key: _frozen_convolution(*parameters) for key, parameters in layers.items()}
        )
        self.wideners = nn.ModuleDict(
            {key: _frozen_convolution(*parameters) for key, parameters in (widen or {}).items()}
        )

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Features of ``images`` [N, 3, H, W] by layer name."""
        x = self.preprocess(images)
        features = {}
        for key in self.order:
            if key.endswith("_1") and key != "1_1":
                x = functional.max_pool2d(x, 2)
            x = functional.relu(self.convolutions[key](x))
            if f"relu{key}" in STYLE_LAYERS:
                features[f"relu{key}"] = x
        return features

    def style_features(
        self, name: str, features: Tensor, grid: tuple[int, int, int] = (1, 0, 0)
    ) -> Tensor:
        """What style is measured on: the teacher's widths where the network knows them.

        Args:
            name: of the layer.
            features: [N, C, H, W] from `forward`.
            grid: (step, row, column): look at every ``step``-th row and column only, from this
                row and column. Wide maps of the shallow layers are costly, and a sparse grid
                estimates the Gram matrix well.
        """
        step, row, column = grid
        features = features[:, :, row::step, column::step]
        key = name.removeprefix("relu")
        if key not in self.wideners:
            return features
        return functional.relu(self.wideners[key](features))


def _frozen_convolution(weight: Tensor, bias: Tensor) -> nn.Conv2d:
    outputs, inputs, size, _ = weight.shape
    # Zeros around the picture would be an edge that the style loss wants painted as well.
    layer = nn.Conv2d(inputs, outputs, size, padding=size // 2, padding_mode="reflect")
    layer.weight = nn.Parameter(weight.float(), requires_grad=False)
    layer.bias = nn.Parameter(bias.float(), requires_grad=False)
    return layer


def gram(features: Tensor) -> Tensor:
    """Gram matrices [N, C, C] of ``features`` [N, C, H, W], per position (Johnson 2016, eq. 3)."""
    batch, channels, height, width = features.shape
    # Channels last: no copy where the convolutions ran in that layout, as they do in training.
    flat = features.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
    return flat.transpose(1, 2) @ flat / (height * width)


def style_targets(network: LossNetwork, painting: Tensor) -> dict[str, Tensor]:
    """Gram matrices [C, C] of ``painting`` [1, 3, H, W] by layer."""
    with torch.no_grad():
        features = network(painting)
        return {
            name: gram(network.style_features(name, features[name]))[0] for name in STYLE_LAYERS
        }


def style_loss(
    network: LossNetwork,
    features: Features,
    targets: Mapping[str, Tensor],
    *,
    random: np.random.Generator | None = None,
) -> Tensor:
    """Distance of the Gram matrices, relative to the painting's (Gatys et al. 2016, eq. 4 and 5).

    Args:
        network: whose features these are.
        features: of N pictures.
        targets: Gram matrices [N, C, C] (or [C, C] for all) by layer.
        random: if given, estimate the Gram matrices from a randomly placed grid of positions
            (see `SPARSE_STEP`), which takes a third of the time.

    Returns:
        [N], the sum over layers of ``|G(y) - G(s)|^2 / |G(s)|^2``.
    """
    total: Tensor | float = 0.0
    for name, target in targets.items():
        grid = (1, 0, 0)
        if random is not None:
            step = SPARSE_STEP[name]
            grid = (step, int(random.integers(step)), int(random.integers(step)))
        ours = gram(network.style_features(name, features[name], grid))
        distance = (ours - target).square().sum((-2, -1))
        total = total + distance / target.square().sum((-2, -1))
    assert isinstance(total, Tensor)
    return total


def content_loss(features: Features, targets: Features) -> Tensor:
    """[N] relative squared distance of the content features (Gatys et al. 2016, eq. 1)."""
    ours, theirs = features[CONTENT_LAYER], targets[CONTENT_LAYER]
    distance = (ours - theirs).square().mean((1, 2, 3))
    return distance / theirs.square().mean((1, 2, 3)).clamp_min(1e-6)


def tone_loss(images: Tensor, photographs: Tensor) -> Tensor:
    """[N] one minus the correlation of light and dark, seen from afar.

    Content features are edges, which stay when light and dark change places; faces do not like it.
    Brightness (the luminance weights of ITU-R BT.709) is averaged over 8x8 pixels and compared up
    to an offset and a factor, so that a dark painting may stay dark.
    """
    weights = images.new_tensor([0.2126, 0.7152, 0.0722])[None, :, None, None]

    def contrast(pictures: Tensor) -> Tensor:
        coarse = functional.avg_pool2d((pictures * weights).sum(1), 8).flatten(1)
        return coarse - coarse.mean(1, keepdim=True)

    return 1 - functional.cosine_similarity(contrast(images), contrast(photographs), eps=1e-3)


def total_variation(images: Tensor) -> Tensor:
    """[N] mean absolute difference of neighbouring pixels (Johnson et al. 2016, section 3.2)."""
    rows = (images[:, :, 1:] - images[:, :, :-1]).abs().mean((1, 2, 3))
    columns = (images[:, :, :, 1:] - images[:, :, :, :-1]).abs().mean((1, 2, 3))
    return rows + columns


def local_detail(images: Tensor, levels: float = 3.0) -> Tensor:
    """[N, 3, H, W]: what differs from its surroundings, in local standard deviations.

    In this, a faint pattern in a flat area counts as much as a strong one among strokes.

    Args:
        images: [N, 3, H, W], RGB in 0..1.
        levels: a standard deviation, in levels of 255, that is added to each, so that rounding is
            no pattern.
    """
    detail = images - local_mean(images)
    with torch.no_grad():
        variance = local_mean(detail.square())
    return detail / (variance + (levels / 255) ** 2).sqrt()


def grid_loss(detail: Tensor, period: int = 16) -> Tensor:
    """[N] how much of a regular pattern lies over the pictures; 1 where it is left to chance.

    A network that works at a smaller size easily leaves a faint grid of dots in flat areas. Detail
    is averaged over all places that have the same position modulo ``period``. In a picture such
    averages vanish; a grid's do not. The larger the pictures, the surer a grid stands out: its loss
    grows with the area.

    Args:
        detail: [N, 3, H, W] from `local_detail`; H and W from ``period``.
        period: of the pattern, in pixels; its divisors are found as well.
    """
    rows, columns = detail.shape[2] // period, detail.shape[3] // period
    detail = detail[:, :, : rows * period, : columns * period]
    means = detail.reshape(len(detail), 3, rows, period, columns, period).mean((2, 4))
    return rows * columns * means.square().mean((1, 2, 3))


def checkerboard_loss(detail: Tensor, block: int = 8) -> Tensor:
    """[N] how much single pixels alternate, line by line or as on a chequered board.

    A network whose last step lays features out as tiles of 2x2 pixels (sub-pixel convolution, Shi
    et al. 2016) easily gives the rows, columns or diagonals of its tiles two colours wherever a
    painting's texture is fine (checkerboard artefacts, Odena et al. 2016). Unlike a grid, they come
    and go and change sides, so that an average over a picture does not see them; that over a block
    does, unless they change sides within it.

    It is the energy of the high-pass bands of the tiles (Haar's), each averaged over a block of
    tiles, times the tiles in a block. Noise has 0.9, photographs and paintings less than half of
    that; of patterns of equal contrast, a checkerboard has half of what lines have.

    Args:
        detail: [N, 3, H, W] from `local_detail`; H and W from ``block``.
        block: side of the blocks, in pixels; even.
    """
    rows, columns, half = detail.shape[2] // block, detail.shape[3] // block, block // 2
    # A slope, along which each row is a little lighter than the one before, is no pattern.
    detail = (detail - local_mean(detail, 1))[:, :, : rows * block, : columns * block]
    tiles = detail.reshape(len(detail), 3, rows, half, 2, columns, half, 2).mean((3, 6))
    # [N, 3, rows, row of the tile, columns, column of the tile]
    bands = tiles - tiles.mean((3, 5), keepdim=True)
    return half**2 * bands.square().mean((1, 2, 3, 4, 5))


def local_mean(images: Tensor, reach: int = 4) -> Tensor:
    """[N, C, H, W]: the mean of each pixel's neighbours up to ``reach`` pixels away, and itself.

    Neighbours beyond the border do not count. Differences of running sums are several times as
    fast as a pooling on a processor.
    """
    for dim in (2, 3):
        images = _window_sums(images, dim, reach) / _window_sums(
            images.new_ones([n if d == dim else 1 for d, n in enumerate(images.shape)]), dim, reach
        )
    return images


def _window_sums(images: Tensor, dim: int, reach: int) -> Tensor:
    length = images.shape[dim]
    around = [0, 0] * (images.ndim - 1 - dim) + [reach + 1, reach]
    sums = functional.pad(images, around).cumsum(dim)
    return sums.narrow(dim, 2 * reach + 1, length) - sums.narrow(dim, 0, length)
