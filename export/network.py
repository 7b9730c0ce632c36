"""The style network: one shared trunk, many styles, cheap enough for two CPU cores.

A small U-shape (Ronneberger et al. 2015): strided convolutions bring the picture down level by
level, residual blocks paint at the smallest, and on the way up each level adds what it saw on the
way down. The last convolution gives the pixels of 2x2 tiles as channels (sub-pixel convolution, Shi
et al. 2016, section 3.2).

Each style owns a scale and a shift of every styled convolution (conditional instance
normalisation, Dumoulin et al. 2017, section 2.2); mixing styles mixes those numbers, so it costs
nothing per pixel.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-5
"""Added to variances."""
STEM_KERNEL = 5
STEM_REACH = STEM_KERNEL // 2
"""Pixels that the stem sees beyond its output on each side; part of the padding of the picture."""
TILE = 2
"""Side of the tiles of pixels that the head paints."""


@dataclass(frozen=True)
class NetworkConfig:
    """The shape of a style network; it travels in checkpoints and models.

    Attributes:
        kind: "fast", the network of this project, or "johnson", the reference of
            Johnson et al. 2016 (supplementary material, table 1).
        widths: channels at a half, a quarter, an eighth, ... of the picture's size.
        blocks: residual blocks at the smallest size.
        padding: pixels added around the picture, so that the borders of the convolutions fall
            outside it.
    """

    kind: Literal["fast", "johnson"] = "fast"
    widths: tuple[int, ...] = (16, 24, 48)
    blocks: int = 4
    padding: int = 8

    @property
    def stride(self) -> int:
        """The picture is padded to a multiple of this many pixels."""
        if self.kind == "johnson":
            return 4
        return int(2 ** len(self.widths))

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return asdict(self)


class StyledConvolution(nn.Module):
    """Convolution, normalisation, and a scale and a shift that the style decides.

    Each channel of each picture is normalised by its own mean and variance (instance
    normalisation, Ulyanov et al. 2017).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        styles: int,
        *,
        stride: int = 1,
        gain: float = 1.0,
        padding: int | None = None,
    ) -> None:
        super().__init__()
        padding = kernel // 2 if padding is None else padding
        # With zeros beyond the border a network knows where it is, and paints a frame there.
        self.convolution = nn.Conv2d(
            inputs, outputs, kernel, stride, padding, bias=False, padding_mode="replicate"
        )
        nn.init.kaiming_normal_(self.convolution.weight, nonlinearity="relu")
        self.scale = nn.Parameter(torch.full((styles, outputs), gain))
        self.shift = nn.Parameter(torch.zeros(styles, outputs))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """``x`` [N, C, H, W] and mixing weights ``style`` [N, S] to [N, C', H', W']."""
        x = functional.instance_norm(self.convolution(x), eps=EPSILON)
        styled: Tensor = x * (style @ self.scale)[:, :, None, None]
        return styled + (style @ self.shift)[:, :, None, None]


class ResidualBlock(nn.Module):
    """Two styled 3x3 convolutions beside an identity path (He et al. 2016)."""

    def __init__(self, channels: int, styles: int) -> None:
        super().__init__()
        self.first = StyledConvolution(channels, channels, 3, styles)
        # A small start keeps the sum of many blocks, which nothing normalises, from growing.
        self.second = StyledConvolution(channels, channels, 3, styles, gain=0.3)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """[N, C, H, W] to the same shape."""
        y = functional.relu(self.first(x, style))
        painted: Tensor = x + self.second(y, style)
        return painted


class StyleNetwork(nn.Module):
    """Paints pictures: RGB in 0..1 to RGB around 0..1 (not clamped), same size."""

    def __init__(self, config: NetworkConfig, styles: int) -> None:
        super().__init__()
        self.config = config
        self.styles = styles
        self.center = 0.5
        widths = config.widths
        self.stem = StyledConvolution(3, widths[0], STEM_KERNEL, styles, stride=2, padding=0)
        self.downs = nn.ModuleList(
            StyledConvolution(upper, lower, 3, styles, stride=2)
            for upper, lower in pairwise(widths)
        )
        self.blocks = nn.ModuleList(ResidualBlock(widths[-1], styles) for _ in range(config.blocks))
        # Narrowed before it is enlarged: a 1x1 convolution commutes with nearest upsampling.
        self.ups = nn.ModuleList(nn.Conv2d(lower, upper, 1) for upper, lower in pairwise(widths))
        self.joins = nn.ModuleList(
            StyledConvolution(upper, upper, 3, styles) for upper in widths[:-1]
        )
        self.head = nn.Conv2d(widths[0], 3 * TILE**2, 3, padding=1, padding_mode="replicate")
        self._start_without_checkerboard()

    def _start_without_checkerboard(self) -> None:
        """Give the pixels of a tile the same weights (ICNR, Aitken et al. 2017)."""
        with torch.no_grad():
            tile = torch.empty(3, self.head.in_channels, 3, 3)
            nn.init.kaiming_normal_(tile)
            self.head.weight.copy_(0.3 * tile.repeat(TILE**2, 1, 1, 1))
            assert self.head.bias is not None
            self.head.bias.zero_()

    def tiles(self, x: Tensor, style: Tensor) -> Tensor:
        """Paint into tiles of 2x2 pixels.

        Args:
            x: [N, 3, H + 2 R, W + 2 R], RGB in 0..1, where H and W are multiples of
                ``config.stride`` and R is `STEM_REACH`.
            style: [N, S] mixing weights.

        Returns:
            [N, 12, H/2, W/2]; channel ``(2 * row + column) * 3 + colour``, around 0..1.
        """
        x = functional.relu(self.stem(x - self.center, style))
        levels = [x]
        for down in self.downs:
            x = functional.relu(down(x, style))
            levels.append(x)
        for block in self.blocks:
            x = block(x, style)
        for up, join, beside in reversed(list(zip(self.ups, self.joins, levels[:-1], strict=True))):
            x = beside + functional.interpolate(up(x), scale_factor=2.0, mode="nearest")
            x = functional.relu(join(x, style))
        tiles: Tensor = self.head(x)
        return tiles + self.center

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Paint ``x`` [N, 3, H, W] with mixing weights ``style`` [N, S]."""
        pad = self.config.padding
        tiles = self.tiles(pad_picture(x, self.config), style)
        batch, _, rows, columns = tiles.shape
        y = tiles.view(batch, TILE, TILE, 3, rows, columns).permute(0, 3, 4, 1, 5, 2)
        y = y.reshape(batch, 3, TILE * rows, TILE * columns)
        return y[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]


def pad_picture(x: Tensor, config: NetworkConfig) -> Tensor:
    """Repeat the border pixels of ``x`` [N, 3, H, W] outwards.

    At the top and the left ``config.padding`` pixels are added, at the bottom and the right at
    least as many, up to a multiple of the stride; and all around what the stem needs to see.
    """
    height, width = x.shape[2:]
    pad, stride = config.padding, config.stride
    bottom = pad + (-(height + 2 * pad)) % stride
    right = pad + (-(width + 2 * pad)) % stride
    reach = STEM_REACH
    amounts = (pad + reach, right + reach, pad + reach, bottom + reach)
    return functional.pad(x, amounts, mode="replicate")
