"""From a trained network to one ONNX file that carries everything."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from realtime.model import FRAME_INPUT, MINIMUM_SIDE, OUTPUT, STYLE_INPUT, ModelDescription

from .checkpoint import AnyStyleNetwork, load_checkpoint
from .johnson import JohnsonNetwork
from .network import CENTER, StyledConvolution, StyleNetwork, pad_picture
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
        self.heads = _split_head(network)

    def forward(self, frame: Tensor, style: Tensor) -> Tensor:
        """Paint one frame."""
        height, width = frame.shape[1:3]
        network, style = self.network, style[None]
        pad, tile = network.config.padding, network.config.tile
        x = frame.permute(0, 3, 1, 2).float()
        rows = self._rows(network.features(pad_picture(x, network.config), style))
        passed, tint = network.passed(style), network.tint(style)
        # One long row of tints: the runtime is slow at adding a few numbers again and again. Half
        # a level more, so that cutting off the fraction rounds.
        tints = (tint + 0.5 - 255 * CENTER * passed).repeat(1, rows.shape[3] // 3).flatten()
        # A picture that is painted in full, as most are, needs the frame no more.
        y = torch.cond(
            (passed != 0).any(), self._with_frame, _without, (rows, tints, frame, passed)
        )
        y = y.clamp(0.0, 255.5).to(torch.uint8)
        y = y.reshape(1, tile * y.shape[1], y.shape[3] // 3, 3)
        cropped: Tensor = y[:, pad : pad + height, pad : pad + width]
        return cropped

    def _rows(self, features: Tensor) -> Tensor:
        """The head: [1, H/T, T, 3 W], the pixels of each row of tiles row by row."""
        rows = []
        for head in self.heads:
            pixels = head(features).permute(0, 2, 3, 1)
            rows.append(pixels.reshape(1, pixels.shape[1], 1, -1))
        return torch.cat(rows, 2)

    def _with_frame(self, rows: Tensor, tints: Tensor, frame: Tensor, passed: Tensor) -> Tensor:
        """``rows`` with the tints, and with as much of the frame as is kept."""
        height, width = frame.shape[1:3]
        pad = self.network.config.padding
        # What lies in the frame's padding is cut off in the end.
        bottom = rows.shape[1] * rows.shape[2] - height - pad
        right = rows.shape[3] // 3 - width - pad
        # (Floats: accelerators cannot pad bytes.)
        kept = functional.pad(frame.float(), (0, 0, pad, right, pad, bottom))
        return rows + (passed * kept.reshape(rows.shape) + tints)


def _split_head(network: StyleNetwork) -> nn.ModuleList:
    """A convolution for each row of a tile's pixels.

    The runtime joins whole rows much faster than it takes the pixels of tiles apart. Zeros around
    the features cost it nothing, and only change what is cut off in the end.
    """
    whole, tile = network.head, network.config.tile
    assert whole.bias is not None
    mode: Literal["zeros", "replicate"] = "zeros"
    if network.config.padding < tile:
        mode = "replicate"
    heads = nn.ModuleList()
    for weight, bias in zip(whole.weight.chunk(tile), whole.bias.chunk(tile), strict=True):
        head = nn.Conv2d(whole.in_channels, len(bias), 3, padding=1, padding_mode=mode)
        head.weight, head.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
        heads.append(head)
    return heads


def _without(rows: Tensor, tints: Tensor, frame: Tensor, passed: Tensor) -> Tensor:
    """``rows`` with the tints."""
    del frame, passed
    return rows + tints


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
    for module in folded.modules():
        if isinstance(module, StyledConvolution):
            module.single = True
    return folded


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Hide what the exporter logs about itself and packages that are not installed."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export._trace")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
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
    _strip_notes(model.graph)
    onnx.checker.check_model(model, full_check=True)
    return model


def _strip_notes(graph: onnx.GraphProto) -> None:
    """Remove the exporter's notes, which quote the paths of the machine."""
    for entry in (*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del entry.metadata_props[:]
        entry.doc_string = ""
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:  # a branch
                _strip_notes(attribute.g)


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
