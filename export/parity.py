"""Does the exported file paint what the trained network paints?"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from realtime.engine import OnnxStylizer
from realtime.errors import ModelError
from realtime.frame import Image

from .checkpoint import AnyStyleNetwork
from .dataset import to_tensor

SIZES = ((640, 360), (321, 243), (16, 16), (127, 65), (1280, 720))
"""Width and height of the pictures compared, odd ones included."""
MEAN_LIMIT = 0.5
PERCENTILE_LIMIT = 2.0


@dataclass(frozen=True)
class Parity:
    """Difference between torch and the engine at one size, in levels of 255.

    Attributes:
        width: in pixels.
        height: in pixels.
        mean: mean absolute difference, the largest over the styles.
        percentile: 99.9th percentile of the absolute difference, the largest over the styles.
    """

    width: int
    height: int
    mean: float
    percentile: float

    @property
    def passed(self) -> bool:
        """Whether both lie within their limits."""
        return self.mean < MEAN_LIMIT and self.percentile <= PERCENTILE_LIMIT


def compare(network: AnyStyleNetwork, model: Path) -> list[Parity]:
    """Paint test pictures with ``network`` in torch and with ``model`` in the engine that ships.

    Every style is compared, and an even mixture of all.
    """
    network = network.eval()
    rows = [*np.eye(network.styles, dtype=np.float32)]
    if network.styles > 1:
        rows.append(np.full(network.styles, 1 / network.styles, np.float32))
    report = []
    with OnnxStylizer(model, device="cpu") as engine:
        for width, height in SIZES:
            picture = make_test_picture(width, height)
            differences = []
            for weights in rows:
                engine.set_style(weights)
                theirs = _paint_in_torch(network, picture, weights)
                differences.append(np.abs(engine(picture).astype(np.int16) - theirs))
            report.append(
                Parity(
                    width,
                    height,
                    max(float(d.mean()) for d in differences),
                    max(float(np.percentile(d, 99.9)) for d in differences),
                )
            )
    return report


def check(network: AnyStyleNetwork, model: bytes) -> list[Parity]:
    """`compare`, for a model that is not on disk yet.

    Raises:
        ModelError: a difference is too large.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(model)
        report = compare(network, path)
    for parity in report:
        if not parity.passed:
            raise ModelError(
                f"the exported model differs from the network at {parity.width}x{parity.height}:"
                f" mean {parity.mean:.3f} (limit {MEAN_LIMIT}), 99.9th percentile"
                f" {parity.percentile:.1f} (limit {PERCENTILE_LIMIT}) levels of 255"
            )
    return report


def make_test_picture(width: int, height: int) -> Image:
    """A picture with flat, smooth, sharp and noisy parts, the same at every call."""
    random = np.random.default_rng(width * 10007 + height)
    coarse = random.integers(0, 256, (max(2, height // 24), max(2, width // 24), 3), np.uint8)
    picture = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    picture[: height // 3, : width // 3] = 128
    cv2.circle(picture, (width // 2, height // 2), max(2, height // 4), (255, 40, 0), -1)
    noisy = picture[height // 2 :]
    noise = random.normal(0, 20, noisy.shape)
    picture[height // 2 :] = np.clip(noisy + noise, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(picture.astype(np.uint8))


def _paint_in_torch(
    network: AnyStyleNetwork, picture: Image, weights: np.ndarray[tuple[int], np.dtype[np.float32]]
) -> Image:
    with torch.no_grad():
        painted: torch.Tensor = network(to_tensor([picture]), torch.from_numpy(weights)[None])
    return (255 * painted[0]).clamp(0, 255).round().byte().permute(1, 2, 0).numpy()
