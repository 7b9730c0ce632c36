"""The style network: one shared trunk, many styles, cheap enough for two CPU cores.

A small U-shape (Ronneberger et al. 2015): strided convolutions bring the picture down level by
level, residual blocks paint at the smallest, and on the way up each level adds what it saw on the
way down. The last convolution gives the pixels of 2x2 tiles as channels (sub-pixel convolution, Shi
et al. 2016, section 3.2). Little is computed at half of the size, and nothing at the full one: that
is where a network of this kind spends its time.

Each style owns a scale and a shift of every styled convolution (conditional instance
normalisation, Dumoulin et al. 2017, section 2.2); mixing styles mixes those numbers, so it costs
nothing per pixel. One style may be the *identity*: it passes the picture through, and a mixture
with it is a weaker painting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-5
"""Added to variances."""
CENTER = 0.5
"""Grey: what the network works around."""


@dataclass(frozen=True)
class NetworkConfig:
    """The shape of a style network; it travels in checkpoints and models.

    Attributes:
        kind: "fast", the network of this project, or "johnson", the reference of
            Johnson et al. 2016 (supplementary material, table 1).
        widths: channels at the stem's size, at half of it, at a quarter of it, ...
        blocks: residual blocks at the smallest size.
        tile: stride of the stem, and side of the tiles of pixels that the head paints; even.
        padding: pixels added around the picture, so that the borders of the convolutions fall
            outside it.
    """

    kind: Literal["fast", "johnson"] = "fast"
    widths: tuple[int, ...] = (16, 32, 48, 64)
    blocks: int = 5
    tile: int = 2
    padding: int = 4

    @property
    def stride(self) -> int:
        """The picture is padded to a multiple of this many pixels."""
        if self.kind == "johnson":
            return 4
        return int(self.tile * 2 ** (len(self.widths) - 1))

    @property
    def reach(self) -> int:
        """Pixels that the stem, whose kernel is twice its stride, sees beyond its tile."""
        return self.tile // 2

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
        mode: Literal["replicate", "zeros"] = "replicate" if padding else "zeros"
        self.convolution = nn.Conv2d(
            inputs, outputs, kernel, stride, padding, bias=False, padding_mode=mode
        )
        nn.init.kaiming_normal_(self.convolution.weight, nonlinearity="relu")
        self.scale = nn.Parameter(torch.full((styles, outputs), gain))
        self.shift = nn.Parameter(torch.zeros(styles, outputs))
        self.single = False
        """For export: one picture only, so that the normalisation can scale and shift as well."""

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """``x`` [N, C, H, W] and mixing weights ``style`` [N, S] to [N, C', H', W']."""
        x = self.convolution(x)
        if self.single:
            scale, shift = style.flatten() @ self.scale, style.flatten() @ self.shift
            return functional.instance_norm(x, weight=scale, bias=shift, eps=EPSILON)
        x = functional.instance_norm(x, eps=EPSILON)
        styled: Tensor = x * (style @ self.scale)[:, :, None, None]
        return styled + (style @ self.shift)[:, :, None, None]


class Tint(nn.Module):
    """A colour that a style adds everywhere: what flat areas, which move no feature, are left with.

    Attributes:
        shift: [styles, 3].
    """

    def __init__(self, styles: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(styles, 3))

    def forward(self, style: Tensor) -> Tensor:
        """[N, 3] for mixing weights ``style`` [N, S]."""
        color: Tensor = style @ self.shift
        return color


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

    def __init__(self, config: NetworkConfig, styles: int, identity: int | None = None) -> None:
        """An untrained network.

        Args:
            config: its shape.
            styles: their number.
            identity: the style that passes the picture through, if one does; training then only
                has to teach it not to paint.
        """
        super().__init__()
        self.config = config
        self.styles = styles
        self.center = CENTER
        passes = torch.zeros(styles)
        if identity is not None:
            passes[identity] = 1
        self.register_buffer("passes", passes, persistent=False)
        self.passes: Tensor
        widths, tile = config.widths, config.tile
        self.stem = StyledConvolution(3, widths[0], 2 * tile, styles, stride=tile, padding=0)
        self.downs = nn.ModuleList(
            StyledConvolution(upper, lower, 3, styles, stride=2)
            for upper, lower in pairwise(widths)
        )
        self.blocks = nn.ModuleList(ResidualBlock(widths[-1], styles) for _ in range(config.blocks))
        # Narrowed before it is enlarged: a 1x1 convolution commutes with nearest upsampling.
        self.ups = nn.ModuleList(nn.Conv2d(lower, upper, 1) for upper, lower in pairwise(widths))
        self.joins = nn.ModuleList(
            StyledConvolution(upper, upper, 3, styles) for upper in widths[1:-1]
        )
        self.head = nn.Conv2d(widths[0], 3 * tile**2, 3, padding=1, padding_mode="replicate")
        self.tint = Tint(styles)
        self._start_without_checkerboard()

    def _start_without_checkerboard(self) -> None:
        """Give the pixels of a tile the same weights (ICNR, Aitken et al. 2017)."""
        with torch.no_grad():
            colors = torch.empty(3, self.head.in_channels, 3, 3)
            nn.init.kaiming_normal_(colors)
            self.head.weight.copy_(0.3 * colors.repeat(self.config.tile**2, 1, 1, 1))
            assert self.head.bias is not None
            self.head.bias.zero_()

    def start_tints(self, paintings: Sequence[Tensor]) -> None:
        """Start the first styles with the mean colours of ``paintings``, each [1, 3, H, W]."""
        with torch.no_grad():
            for row, painting in zip(self.tint.shift, paintings, strict=False):
                row.copy_(painting.mean((0, 2, 3)) - self.center)

    def passed(self, style: Tensor) -> Tensor:
        """[N, 1]: how much of the picture itself the mixing weights ``style`` [N, S] keep."""
        return style @ self.passes[:, None]

    def features(self, x: Tensor, style: Tensor) -> Tensor:
        """All but the head.

        Args:
            x: [N, 3, H + 2 R, W + 2 R], RGB in 0..1, where H and W are multiples of
                ``config.stride`` and R is ``config.reach``.
            style: [N, S] mixing weights.

        Returns:
            [N, C, H/T, W/T], where C is ``config.widths[0]`` and T is ``config.tile``.
        """
        x = functional.relu(self.stem(x - self.center, style))
        levels = [x]
        for down in self.downs:
            x = functional.relu(down(x, style))
            levels.append(x)
        for block in self.blocks:
            x = block(x, style)
        for level in reversed(range(len(self.ups))):
            x = functional.interpolate(self.ups[level](x), scale_factor=2.0, mode="nearest")
            x = levels[level] + x
            if level:
                x = self.joins[level - 1](x, style)
            x = functional.relu(x)
        return x

    def tiles(self, x: Tensor, style: Tensor) -> Tensor:
        """Paint into tiles of T x T pixels, where T is ``config.tile``; arguments as above.

        Returns:
            [N, 3 T^2, H/T, W/T]; channel ``(T * row + column) * 3 + colour``, around 0..1. The
            tint, and what passes through by `passed`, are not in it.
        """
        tiles: Tensor = self.head(self.features(x, style))
        return tiles + self.center

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Paint ``x`` [N, 3, H, W] with mixing weights ``style`` [N, S]."""
        pad, tile = self.config.padding, self.config.tile
        tiles = self.tiles(pad_picture(x, self.config), style)
        batch, _, rows, columns = tiles.shape
        y = tiles.view(batch, tile, tile, 3, rows, columns).permute(0, 3, 4, 1, 5, 2)
        y = y.reshape(batch, 3, tile * rows, tile * columns)
        painted: Tensor = y[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
        painted = painted + self.passed(style)[:, :, None, None] * (x - self.center)
        tint: Tensor = self.tint(style)[:, :, None, None]
        return painted + tint


def pad_picture(x: Tensor, config: NetworkConfig) -> Tensor:
    """Repeat the border pixels of ``x`` [N, 3, H, W] outwards.

    At the top and the left ``config.padding`` pixels are added, at the bottom and the right at
    least as many, up to a multiple of the stride; and all around what the stem needs to see.
    """
    height, width = x.shape[2:]
    pad, stride = config.padding, config.stride
    bottom = pad + (-(height + 2 * pad)) % stride
    right = pad + (-(width + 2 * pad)) % stride
    reach = config.reach
    amounts = (pad + reach, right + reach, pad + reach, bottom + reach)
    return functional.pad(x, amounts, mode="replicate")
