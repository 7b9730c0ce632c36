"""The reference: the network of Johnson et al. 2016, as the field has come to build it.

Supplementary material, table 1, with instance normalisation (Ulyanov et al. 2017) made conditional
(Dumoulin et al. 2017), and with upsampling followed by a convolution in place of fractionally
strided convolutions (Dumoulin et al. 2017, section 2.1).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .network import NetworkConfig, StyledConvolution


class JohnsonNetwork(nn.Module):
    """Paints pictures: RGB in 0..1 to RGB in 0..1, the same size; H and W from 16."""

    def __init__(self, config: NetworkConfig, styles: int) -> None:
        super().__init__()
        self.config = config
        self.styles = styles

        def styled(inputs: int, outputs: int, kernel: int, stride: int = 1) -> StyledConvolution:
            return StyledConvolution(inputs, outputs, kernel, styles, stride=stride, padding=0)

        self.stem = styled(3, 32, 9)
        self.down2 = styled(32, 64, 3, 2)
        self.down4 = styled(64, 128, 3, 2)
        self.blocks = nn.ModuleList(
            nn.ModuleList((styled(128, 128, 3), styled(128, 128, 3))) for _ in range(5)
        )
        self.up2 = styled(128, 64, 3)
        self.up1 = styled(64, 32, 3)
        self.head = nn.Conv2d(32, 3, 9)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Paint ``x`` [N, 3, H, W] with mixing weights ``style`` [N, S]."""
        height, width = x.shape[2:]
        x = functional.pad(x, (0, -width % 4, 0, -height % 4), mode="replicate") - 0.5
        x = functional.relu(_reflected(self.stem, x, style))
        x = functional.relu(_reflected(self.down2, x, style))
        x = functional.relu(_reflected(self.down4, x, style))
        for block in self.blocks:
            assert isinstance(block, nn.ModuleList)
            y = functional.relu(_reflected(block[0], x, style))
            x = x + _reflected(block[1], y, style)
        for layer in (self.up2, self.up1):
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = functional.relu(_reflected(layer, x, style))
        x = torch.tanh(self.head(functional.pad(x, (4, 4, 4, 4), mode="reflect")))
        return (0.5 + 0.5 * x)[:, :, :height, :width]


def _reflected(layer: nn.Module, x: Tensor, style: Tensor) -> Tensor:
    """Run ``layer`` on ``x`` with mirrored borders."""
    assert isinstance(layer, StyledConvolution)
    pad = layer.convolution.kernel_size[0] // 2
    y: Tensor = layer(functional.pad(x, (pad, pad, pad, pad), mode="reflect"), style)
    return y
