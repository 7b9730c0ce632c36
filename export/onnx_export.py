"""From a trained network to one ONNX file that carries everything."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from realtime.model import FRAME_INPUT, MINIMUM_SIDE, OUTPUT, STYLE_INPUT, ModelDescription

from .checkpoint import AnyStyleNetwork, load_checkpoint
from .johnson import JohnsonNetwork
from .network import CENTER, StyleNetwork, pad_picture
from .parity import Parity, check
from .pictures import check_output, write_bytes

OPSET = 20
SIDES = ("height", "width")
"""Names of the free dimensions, by which a runtime can fix them."""


class DeployedNetwork(nn.Module):
    """The network as it ships: bytes in, bytes out, any size.

    Args:
        network: folded by `fold`, so that it works on 0..255.

    Forward: ``frame`` uint8 [1, H, W, 3] RGB and ``style`` float32 [S] to uint8 [1, H, W, 3].
    """

    def __init__(self, network: StyleNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor, style: Tensor) -> Tensor:
        """Paint one frame."""
        height, width = frame.shape[1:3]
        pad, tile = self.network.config.padding, self.network.config.tile
        x = frame.permute(0, 3, 1, 2).float()
        tiles = self.network.tiles(pad_picture(x, self.network.config), style[None])
        # Channels last, then bytes, then tiles to rows: in this order the runtime moves blocks of
        # several bytes, where a shuffle of floats would move single numbers.
        y = tiles.permute(0, 2, 3, 1)
        rows, columns = y.shape[1:3]
        # The frame as tiles; what lies in its padding is cut off in the end.
        bottom, right = tile * rows - height - pad, tile * columns - width - pad
        # (Floats: accelerators cannot pad bytes.)
        kept = functional.pad(frame.float(), (0, 0, pad, right, pad, bottom))
        kept = kept.reshape(1, rows, tile, columns, 3 * tile).permute(0, 1, 3, 2, 4)
        kept = kept.reshape(1, rows, columns, 3 * tile**2)
        # Both in one product: the tint, and how much of the frame is kept.
        passed, tint = self.network.passed(style[None]), self.network.tint(style[None])
        y = y + (kept * passed + (tint - 255 * CENTER * passed).repeat(1, tile**2))
        y = y.clamp(0, 255).round().to(torch.uint8)
        y = y.reshape(1, rows, columns, tile, 3 * tile).permute(0, 1, 3, 2, 4)
        y = y.reshape(1, tile * rows, tile * columns, 3)
        cropped: Tensor = y[:, pad : pad + height, pad : pad + width]
        return cropped


class DeployedReference(nn.Module):
    """The reference network between bytes, with the same inputs and outputs."""

    def __init__(self, network: JohnsonNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor, style: Tensor) -> Tensor:
        """Paint one frame."""
        painted: Tensor = self.network(frame.permute(0, 3, 1, 2).float() / 255, style[None])
        painted = (255 * painted).clamp(0, 255).round().to(torch.uint8)
        return painted.permute(0, 2, 3, 1)


def deploy(network: AnyStyleNetwork) -> nn.Module:
    """``network`` between bytes, ready to be exported."""
    if isinstance(network, JohnsonNetwork):
        return DeployedReference(network)
    return DeployedNetwork(fold(network))


def fold(network: StyleNetwork) -> StyleNetwork:
    """A copy of ``network`` that takes and gives values in 0..255.

    The range of the colours becomes part of the first and the last convolution, which saves two
    passes over the whole picture.
    """
    folded = copy.deepcopy(network).eval()
    with torch.no_grad():
        stem = folded.stem.convolution
        stem.bias = nn.Parameter(-CENTER * stem.weight.sum((1, 2, 3)))
        stem.weight.div_(255)
        assert folded.head.bias is not None
        folded.head.bias.add_(CENTER).mul_(255)
        folded.head.weight.mul_(255)
        folded.tint.shift.mul_(255)
    folded.center = 0.0
    return folded


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Hide what the exporter logs about optional packages that are not installed."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def to_onnx(network: AnyStyleNetwork, description: ModelDescription) -> onnx.ModelProto:
    """Convert ``network`` to a checked ONNX model."""
    example = torch.zeros(1, 96, 112, 3, dtype=torch.uint8)
    style = torch.full((network.styles,), 1 / network.styles)
    height = torch.export.Dim(SIDES[0], min=MINIMUM_SIDE)
    width = torch.export.Dim(SIDES[1], min=MINIMUM_SIDE)
    with warnings.catch_warnings(), _quiet_exporter():
        warnings.simplefilter("ignore")  # of the exporter, about itself
        program = torch.onnx.export(
            deploy(network),
            (example, style),
            input_names=[FRAME_INPUT, STYLE_INPUT],
            output_names=[OUTPUT],
            opset_version=OPSET,
            dynamic_shapes=({1: height, 2: width}, None),
            external_data=False,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    model.producer_name = "stylecam"
    for dimension, name in zip(
        model.graph.output[0].type.tensor_type.shape.dim[1:3], SIDES, strict=True
    ):
        dimension.dim_param = name
    del model.metadata_props[:]
    for key, value in description.to_metadata().items():
        model.metadata_props.add(key=key, value=value)
    graph = model.graph  # the exporter's notes quote the paths of this machine
    for entry in (*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del entry.metadata_props[:]
        entry.doc_string = ""
    onnx.checker.check_model(model, full_check=True)
    return model


def export_checkpoint(checkpoint: Path, output: Path, *, overwrite: bool = False) -> list[Parity]:
    """Export a checkpoint, prove that the model paints the same, and write it.

    Returns:
        The parity report.

    Raises:
        OptionError: not a checkpoint.
        ModelError: the model paints something else than the network; nothing is written.
        SinkError: ``output`` exists or cannot be written.
    """
    check_output(output, overwrite=overwrite)
    trained = load_checkpoint(checkpoint)
    network = trained.build().eval()
    training = {**trained.training, "steps_done": trained.step}
    description = ModelDescription(trained.styles, trained.config.to_dict(), training)
    model = to_onnx(network, description).SerializeToString()
    report = check(network, model)
    write_bytes(output, model)
    return report
