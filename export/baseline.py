"""The reference network as a baseline of ``stylecam bench``.

Its weights are random: they do not change how long it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from realtime.frame import Image
from realtime.model import ModelDescription, StyleInfo

from .checkpoint import build_network
from .network import NetworkConfig
from .onnx_export import deploy, to_onnx

TITLE = "the network of Johnson et al. 2016"
_CONFIG = NetworkConfig(kind="johnson")


def write_model(path: Path) -> None:
    """Write it as a stylecam model of one style."""
    styles = (StyleInfo("random", "random weights"),)
    network = build_network(_CONFIG, len(styles)).eval()
    model = to_onnx(network, ModelDescription(styles, _CONFIG.to_dict()))
    path.write_bytes(model.SerializeToString())


def open_eager(device: str, threads: int) -> tuple[Callable[[Image], Image], str]:
    """The same network in PyTorch's eager mode, from bytes to bytes.

    Args:
        device: ``cuda`` runs there if PyTorch can, anything else on the processor.
        threads: processor threads.

    Returns:
        ``picture -> painting``, both uint8 ``[H, W, 3]``; and what it runs on.
    """
    torch.set_num_threads(threads)
    place = "cuda" if device == "cuda" and torch.cuda.is_available() else "cpu"
    network = deploy(build_network(_CONFIG, 1).eval()).to(place)
    style = torch.ones(1, device=place)

    def paint(picture: Image) -> Image:
        with torch.inference_mode():
            frame = torch.from_numpy(picture)[None].to(place)
            painted: Image = network(frame, style)[0].cpu().numpy()
        return painted

    return paint, f"PyTorch {torch.__version__} eager, {place}"
